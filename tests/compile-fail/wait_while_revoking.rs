// SPDX-License-Identifier: GPL-2.0
//
// E0507: between the two steps of a revoke, the operation leaves the gate for a wait. In C: a
// half revoked client sleeps, and nobody finishes it.

fn misuse(scope: Scope<'_, EchoFile>) -> Result {
    let revoking = scope.begin_revoke()?;
    revoking.wait_killable(|f| &f.queue, |_| true)?;
    Ok(())
}
