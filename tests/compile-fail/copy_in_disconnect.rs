// SPDX-License-Identifier: GPL-2.0
//
// E0507: disconnect(), which unbind waits for, copies to user memory. In C: `copy_to_user()` under
// a lock that remove() takes.

fn misuse(scope: &Scope<'_, EchoFile>, user: UserPtr) -> Result {
    scope.write_user(user, &0u32)?;
    Ok(())
}
