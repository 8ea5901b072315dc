// SPDX-License-Identifier: GPL-2.0
//
// E0507: the binding, and with it each registration, is forgotten. In C: remove() is empty.

fn misuse(binding: &mut Binding<'_>) {
    core::mem::forget(*binding);
}
