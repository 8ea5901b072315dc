// SPDX-License-Identifier: GPL-2.0
//
// E0507: the binding is moved to memory that is never freed. In C: private data that remove()
// does not look at.

fn misuse(binding: &mut Binding<'_>) -> Result {
    KBox::leak(KBox::new(*binding, GFP_KERNEL)?);
    Ok(())
}
