// SPDX-License-Identifier: GPL-2.0
//
// E0277: memory of the slab allocator is mapped, with other objects in the same page. In C:
// `virt_to_page(kmalloc(...))` is mapped, and user space can access the neighbouring objects.

fn misuse<'s>(memory: &'s KVec<u8>, area: &Area) -> Result<Backing<'s>> {
    area.backed_by(memory)
}
