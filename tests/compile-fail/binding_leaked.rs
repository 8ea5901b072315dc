// SPDX-License-Identifier: GPL-2.0
//
// E0507: the binding is moved to memory that is never freed. In C: remove() does not free the
// private data.

fn misuse(binding: &mut Binding<'_>) -> Result {
    KBox::leak(KBox::new(*binding, GFP_KERNEL)?);
    Ok(())
}
