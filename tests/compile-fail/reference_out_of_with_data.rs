// SPDX-License-Identifier: GPL-2.0
//
// lifetime may not live long enough: a reference to the device's data is taken out of the closure
// that it was lent to. In C: a pointer that is used after `srcu_read_unlock()`.

fn misuse(scope: &Scope<'_, EchoFile>) -> &'static Echo {
    scope.with_data(|echo| echo)
}
