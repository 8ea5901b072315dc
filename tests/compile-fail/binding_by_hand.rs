// SPDX-License-Identifier: GPL-2.0
//
// E0133: a registration that no unbind ends, since nobody owns its binding. In C: a misc device
// that remove() forgets to deregister.

fn misuse<'a>(device: &'a Device<Bound>) -> Binding<'a> {
    Binding::new(device)
}
