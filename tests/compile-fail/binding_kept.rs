// SPDX-License-Identifier: GPL-2.0
//
// E0621: the binding is kept after probe(), to register something when the device may be gone. In
// C: a work item that remove() does not cancel registers a device.

struct Late<'bound>(#[expect(dead_code)] &'bound mut Binding<'bound>);

fn misuse<'bound>(binding: &mut Binding<'bound>) -> Late<'bound> {
    Late(binding)
}
