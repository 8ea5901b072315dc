// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings. The page offset of a mapping says how its pages are mapped: by mmap(),
 * by a fault handler that returns the page, or by one that inserts its frame.
 */

#include <linux/mm.h>

#include "testc.h"

static struct testc *testc_of(struct vm_area_struct *vma)
{
	return vma->vm_private_data;
}

static void testc_area_open(struct vm_area_struct *vma)
{
	testc_is_there(testc_of(vma));
	testc_areas++;
}

static void testc_area_close(struct vm_area_struct *vma)
{
	testc_is_there(testc_of(vma));
	testc_areas--;
}

static vm_fault_t testc_fault_page(struct vm_fault *vmf)
{
	struct testc *testc = testc_of(vmf->vma);

	if (!testc_is_there(testc) || vmf->pgoff >= TESTC_PAGES)
		return VM_FAULT_SIGBUS;
	vmf->page = testc->pages[vmf->pgoff];
	get_page(vmf->page);
	return 0;
}

/* There are no huge pages. */
static vm_fault_t testc_fault_huge(struct vm_fault *vmf, unsigned int order)
{
	testc_is_there(testc_of(vmf->vma));
	return VM_FAULT_FALLBACK;
}

static vm_fault_t testc_fault_pfn(struct vm_fault *vmf)
{
	struct testc *testc = testc_of(vmf->vma);

	if (!testc_is_there(testc) || vmf->pgoff >= TESTC_PAGES)
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn(vmf->vma, vmf->address,
			      page_to_pfn(testc->pages[vmf->pgoff]));
}

static int testc_access(struct vm_area_struct *vma, unsigned long addr,
			void *buf, int len, int write)
{
	return testc_is_there(testc_of(vma)) ? -EBADE : -EIO;
}

static const struct vm_operations_struct testc_mapped_ops = {
	.open = testc_area_open,
	.close = testc_area_close,
	.access = testc_access,
};

static const struct vm_operations_struct testc_page_ops = {
	.open = testc_area_open,
	.close = testc_area_close,
	.fault = testc_fault_page,
	.huge_fault = testc_fault_huge,
};

static const struct vm_operations_struct testc_pfn_ops = {
	.open = testc_area_open,
	.close = testc_area_close,
	.fault = testc_fault_pfn,
};

/* An operation that the fence does not support. */
static const char *testc_name(struct vm_area_struct *vma)
{
	return "testc";
}

static const struct vm_operations_struct testc_name_ops = {
	.close = testc_area_close,
	.name = testc_name,
};

int testc_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct testc_file *open = file->private_data;
	struct testc *testc = open->testc;

	if (!testc_is_there(testc))
		return -EIO;
	if (vma_pages(vma) != 1)
		return -EINVAL;
	vma->vm_private_data = testc;
	testc_areas++;
	switch (vma->vm_pgoff) {
	case 0:
		vma->vm_ops = &testc_mapped_ops;
		return remap_pfn_range(vma, vma->vm_start,
				       page_to_pfn(testc->pages[0]), PAGE_SIZE,
				       vma->vm_page_prot);
	case 1:
		vma->vm_ops = &testc_page_ops;
		return 0;
	case 2:
		vm_flags_set(vma, VM_PFNMAP);
		vma->vm_ops = &testc_pfn_ops;
		return 0;
	case 3:
		vma->vm_ops = &testc_name_ops;
		return 0;
	default:
		testc_areas--;
		return -EINVAL;
	}
}

static const struct vm_operations_struct testc_prepared_ops = {
	.fault = testc_fault_page,
};

int testc_mmap_prepare(struct vm_area_desc *desc)
{
	struct testc_file *open = desc->file->private_data;
	struct testc *testc = open->testc;

	if (!testc_is_there(testc))
		return -EIO;
	desc->private_data = testc;
	if (desc->pgoff) {
		desc->vm_ops = &testc_prepared_ops;
		return 0;
	}
	mmap_action_remap_full(desc, page_to_pfn(testc->pages[0]));
	return 0;
}
