// SPDX-License-Identifier: GPL-2.0
//
// E0624: a driver creates a scope itself. In C: the test of the flag is omitted.

fn misuse<'a>(scope: &'a AtomicScope<'a, CovariantForLt!(Echo)>) {
    let _ = ProcessScope::<CovariantForLt!(Echo)>::new(scope.data());
}
