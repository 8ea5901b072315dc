// SPDX-License-Identifier: GPL-2.0
//
// E0599: the shared data gets a reference to itself, and so is never freed. In C: a device holds a
// reference to itself.

fn misuse<'bound>(echo: Shared<'bound, CovariantForLt!(Echo)>) -> &'bound Echo {
    echo.data()
}
