// SPDX-License-Identifier: GPL-2.0
//
// E0505: a lock of the device is held while user memory is brought in. In C: a mutex across
// copy_to_user(), and a userfaultfd that nobody serves keeps it, and unbind, for ever.

fn misuse(scope: Scope<'_, EchoFile>, user: &mut UserDest<'_>) -> Result<usize> {
    let line = scope.data().line.lock();
    scope.copy_out(user, b"data")?;
    drop(line);
    Ok(user.copied())
}
