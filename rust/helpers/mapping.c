// SPDX-License-Identifier: GPL-2.0

#include <linux/cc_platform.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

/* The page frame of what ioremap() has mapped there, or 0. */
__devscope_helper unsigned long devscope_io_frame(const void *address)
{
	struct page *page;

	if (!is_vmalloc_addr(address))
		return 0;
	/* It may have no struct page: this is a number in disguise. */
	page = vmalloc_to_page(address);
	return page ? page_to_pfn(page) : 0;
}

/* The page frame of memory that the kernel has allocated. */
__devscope_helper unsigned long devscope_memory_frame(const void *address)
{
	if (is_vmalloc_addr(address))
		return devscope_io_frame(address);
	return page_to_pfn(virt_to_page(address));
}

/* Whether memory of devices may differ from other memory by a bit of its entry. */
__devscope_helper bool devscope_memory_is_encrypted(void)
{
	return cc_platform_has(CC_ATTR_MEM_ENCRYPT);
}

__devscope_helper void devscope_desc_uncached(struct vm_area_desc *desc)
{
	desc->page_prot = pgprot_noncached(desc->page_prot);
}
