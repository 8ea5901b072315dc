// SPDX-License-Identifier: GPL-2.0
//
// E0505: a lock of the device is held during a page fault on user memory. In C: copy_to_user()
// under a mutex: if the fault is never served (userfaultfd), the mutex is never released, and
// remove() hangs.

fn misuse(scope: Scope<'_, EchoFile>, user: &mut UserDest<'_>) -> Result<usize> {
    let line = scope.data().line.lock();
    scope.copy_out(user, b"data")?;
    drop(line);
    Ok(user.copied())
}
