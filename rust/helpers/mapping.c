// SPDX-License-Identifier: GPL-2.0

#include <linux/cc_platform.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

/* Returns the page frame of an address from ioremap(), or 0. */
__devscope_helper unsigned long devscope_io_frame(const void *address)
{
	struct page *page;

	if (!is_vmalloc_addr(address))
		return 0;
	/* There may be no struct page: only the page frame number of this is used. */
	page = vmalloc_to_page(address);
	return page ? page_to_pfn(page) : 0;
}

/* Returns the page frame of memory that the kernel has allocated. */
__devscope_helper unsigned long devscope_memory_frame(const void *address)
{
	if (is_vmalloc_addr(address))
		return devscope_io_frame(address);
	return page_to_pfn(virt_to_page(address));
}

/*
 * Returns whether page table entries of device memory may need a bit for encryption.
 */
__devscope_helper bool devscope_memory_is_encrypted(void)
{
	return cc_platform_has(CC_ATTR_MEM_ENCRYPT);
}

__devscope_helper void devscope_desc_uncached(struct vm_area_desc *desc)
{
	desc->page_prot = pgprot_noncached(desc->page_prot);
}
