// SPDX-License-Identifier: GPL-2.0
//
// E0507: between the two steps of a revocation, the operation leaves the gate for a wait. In C: a
// task sleeps while a client is half revoked, and nobody finishes it.

fn misuse(scope: Scope<'_, EchoFile>) -> Result {
    let revoking = scope.begin_revoke()?;
    revoking.wait_killable(|f| &f.queue, |_| true)?;
    Ok(())
}
