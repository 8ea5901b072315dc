// SPDX-License-Identifier: GPL-2.0
//
// lifetime may not live long enough: the data of one device keeps the registers of another. In C:
// an `__iomem` pointer that the other driver has unmapped.

struct Thief<'bound>(#[expect(dead_code)] pci::Bar<'bound>);

fn misuse<'one, 'other>(one: &mut Binding<'one>, bar: pci::Bar<'other>) -> Result {
    one.share::<CovariantForLt!(Thief<'_>)>(Ok(Thief(bar)))?;
    Ok(())
}
