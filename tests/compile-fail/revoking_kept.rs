// SPDX-License-Identifier: GPL-2.0
//
// E0621: a revoke is begun in one operation and finished in another. In
// C: the first one's place in the read section is given back by the second.

struct Kept<'a>(Option<devscope::fops::Revoking<'a, EchoFile>>);

fn misuse<'a>(kept: &mut Kept<'a>, scope: Scope<'_, EchoFile>) {
    kept.0 = scope.begin_revoke().ok();
}
