// SPDX-License-Identifier: GPL-2.0
//
// E0505: a lock is held while all others are drained, who may wait for it. In C: mutex_lock(), and
// synchronize_srcu() for those who wait for the mutex.

fn misuse(scope: Scope<'_, EchoFile>) -> Result {
    let line = scope.data().line.lock();
    scope.revoke_others()?;
    drop(line);
    Ok(())
}
