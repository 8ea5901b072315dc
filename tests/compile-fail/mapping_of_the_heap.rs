// SPDX-License-Identifier: GPL-2.0
//
// E0277: memory of the slab allocator, next to which there is memory of others. In C:
// `virt_to_page(kmalloc(...))` is mapped, and the program has its neighbours as well.

fn misuse<'s>(memory: &'s KVec<u8>, area: &Area) -> Result<Backing<'s>> {
    area.backed_by(memory)
}
