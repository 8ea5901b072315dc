// SPDX-License-Identifier: GPL-2.0
//
// lifetime may not live long enough: a node of one device is registered with the data of another.
// In C: two devices use the same private data, and one frees it first.

fn misuse<'one, 'other>(
    _one: &mut Binding<'one>,
    echo: Shared<'one, CovariantForLt!(Echo)>,
    other: &mut Binding<'other>,
) -> Result {
    miscdevice_sync::register::<EchoFile>(other, miscdevice_sync::Options::new(c"other"), echo)
}
