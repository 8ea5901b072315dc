// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/bench-map-c: mappings in C, without a fence. See bench.h.
 */

#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>

#include "bench.h"

#define BENCH_SIZE	(BENCH_PAGES * PAGE_SIZE)

struct bench_memory {
	unsigned long pfn;
	void *memory;
};

static struct bench_memory bench_memory;

static vm_fault_t bench_fault(struct vm_fault *vmf)
{
	struct bench_memory *memory = vmf->vma->vm_private_data;

	return vmf_insert_pfn(vmf->vma, vmf->address, memory->pfn + vmf->pgoff);
}

static const struct vm_operations_struct bench_vm_ops = {
	.fault = bench_fault,
};

static int bench_mmap_prepare(struct vm_area_desc *desc)
{
	if (desc->pgoff >= BENCH_PAGES ||
	    vma_desc_pages(desc) > BENCH_PAGES - desc->pgoff ||
	    vma_desc_is_cow_mapping(desc))
		return -EINVAL;
	vma_desc_set_flags(desc, VMA_IO_BIT, VMA_PFNMAP_BIT, VMA_DONTEXPAND_BIT,
			   VMA_DONTDUMP_BIT);
	desc->vm_ops = &bench_vm_ops;
	desc->private_data = &bench_memory;
	return 0;
}

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (cmd != BENCH_ZAP)
		return -ENOTTY;
	unmap_mapping_range(file->f_mapping, 0, 0, 1);
	return 0;
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.mmap_prepare = bench_mmap_prepare,
	.unlocked_ioctl = bench_ioctl,
};

static struct miscdevice bench_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bench-map-c",
	.fops = &bench_fops,
};

static int __init bench_map_init(void)
{
	int ret;

	bench_memory.memory = alloc_pages_exact(BENCH_SIZE,
						GFP_KERNEL | __GFP_ZERO);
	if (!bench_memory.memory)
		return -ENOMEM;
	bench_memory.pfn = page_to_pfn(virt_to_page(bench_memory.memory));
	ret = misc_register(&bench_misc);
	if (ret)
		free_pages_exact(bench_memory.memory, BENCH_SIZE);
	return ret;
}
module_init(bench_map_init);

static void __exit bench_map_exit(void)
{
	misc_deregister(&bench_misc);
	free_pages_exact(bench_memory.memory, BENCH_SIZE);
}
module_exit(bench_map_exit);

MODULE_DESCRIPTION("What a mapping costs in C");
MODULE_LICENSE("GPL");
