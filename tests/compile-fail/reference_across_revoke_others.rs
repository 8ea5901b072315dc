// SPDX-License-Identifier: GPL-2.0
//
// E0505: a lock is held while all other callers are drained, which may wait for the lock. In C:
// synchronize_srcu() under a mutex that readers wait for.

fn misuse(scope: Scope<'_, EchoFile>) -> Result {
    let line = scope.data().line.lock();
    scope.revoke_others()?;
    drop(line);
    Ok(())
}
