// SPDX-License-Identifier: GPL-2.0
//
// E0621: a revocation is begun in one operation and finished in another. In C: one task calls
// srcu_read_lock(), and another srcu_read_unlock() with its index.

struct Kept<'a>(Option<devscope::fops::Revoking<'a, EchoFile>>);

fn misuse<'a>(kept: &mut Kept<'a>, scope: Scope<'_, EchoFile>) {
    kept.0 = scope.begin_revoke().ok();
}
