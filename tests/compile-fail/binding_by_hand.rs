// SPDX-License-Identifier: GPL-2.0
//
// E0133: a registration never ends, since its binding has no owner. In C: remove() does not
// deregister a misc device.

fn misuse<'a>(device: &'a Device<Bound>) -> Binding<'a> {
    Binding::new(device)
}
