// SPDX-License-Identifier: GPL-2.0
//
// E0277: what a binding owns is taken from it and forgotten. In C: remove() cannot find what
// probe() registered.

fn misuse(pdev: &pci::Device<Core<'_>>) -> Result {
    let attached = <pci::Adapter<EchoDriver> as kernel::pci::Driver>::probe(pdev, None);
    core::mem::forget(KBox::pin_init(attached, GFP_KERNEL)?);
    Ok(())
}
