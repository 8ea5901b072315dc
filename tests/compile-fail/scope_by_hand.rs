// SPDX-License-Identifier: GPL-2.0
//
// E0624: a driver makes itself a scope. In C: a check of the flag that is left out.

fn misuse<'a>(scope: &'a AtomicScope<'a, CovariantForLt!(Echo)>) {
    let _ = ProcessScope::<CovariantForLt!(Echo)>::new(scope.data());
}
