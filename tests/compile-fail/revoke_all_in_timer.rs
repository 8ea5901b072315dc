// SPDX-License-Identifier: GPL-2.0
//
// E0308: a timer revokes all files, and sleeps. In C: synchronize_srcu() in softirq context.

fn misuse(scope: &AtomicScope<'_, CovariantForLt!(Echo)>, files: &OpenFiles<EchoFile>) -> Result {
    files.revoke_all(scope)
}
