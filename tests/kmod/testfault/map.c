// SPDX-License-Identifier: GPL-2.0
/*
 * The mapping: one page, which the fault handler maps while it is inside. So it is not
 * mapped again after remove() has zapped it.
 */

#include <linux/fs.h>
#include <linux/mm.h>

#include "testfault.h"

static vm_fault_t testfault_fault_in(struct vm_fault *vmf)
{
	struct testfault *it = vmf->vma->vm_private_data;
	vm_fault_t ret = VM_FAULT_SIGBUS;

	if (testfault_enter(it))
		return ret;
	if (!vmf->pgoff)
		ret = vmf_insert_pfn(vmf->vma, vmf->address, page_to_pfn(it->page));
	testfault_leave(it);
	return ret;
}

static const struct vm_operations_struct testfault_vm_ops = {
	.fault = testfault_fault_in,
};

int testfault_mmap_prepare(struct vm_area_desc *desc)
{
	struct testfault *it = testfault_of(desc->file);
	int ret;

	if (desc->pgoff || vma_desc_pages(desc) > 1 || vma_desc_is_cow_mapping(desc))
		return -EINVAL;
	ret = testfault_enter(it);
	if (ret)
		return ret;
	vma_desc_set_flags(desc, VMA_IO_BIT, VMA_PFNMAP_BIT, VMA_DONTEXPAND_BIT,
			   VMA_DONTDUMP_BIT);
	desc->vm_ops = &testfault_vm_ops;
	desc->private_data = it;
	testfault_leave(it);
	return 0;
}
