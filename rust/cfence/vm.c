// SPDX-License-Identifier: GPL-2.0
/*
 * The operations that replace those of a C driver's mappings.
 *
 * The kernel inserts a page that a fault handler returns after the handler, and a zap
 * in between would miss it. So this file inserts it, inside.
 */

#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "mapping.h"

/* A mapping of a driver that has a close(). */
struct devscope_area {
	struct list_head link;
	struct vm_area_struct *vma;
	struct devscope_vm_table *table;
};

#define devscope_vm_call(vma, refused, call)				\
({									\
	struct devscope_vm_table *table = devscope_vm_table(vma);	\
	unsigned long *place = devscope_enter(table->open, DEVSCOPE_GENTLY); \
									\
	likely(place) ?							\
		devscope_leave(table->open, place, table->theirs->call) : \
		(refused);						\
})

/*
 * Inserts the page that a fault handler has returned with @ret, with the protection
 * of the mapping. If a write needs more, it causes another fault.
 */
static vm_fault_t install(struct vm_fault *vmf, vm_fault_t ret)
{
	const vm_fault_t done = VM_FAULT_ERROR | VM_FAULT_NOPAGE |
				VM_FAULT_RETRY | VM_FAULT_DONE_COW;
	struct page *page = vmf->page;

	if ((ret & done) || !page)
		return ret;
	/* The program gets a private copy. */
	if ((vmf->flags & FAULT_FLAG_WRITE) && !(vmf->vma->vm_flags & VM_SHARED))
		return ret;
	vmf->page = NULL;
	if (ret & VM_FAULT_LOCKED)
		unlock_page(page);
	ret = (ret & ~VM_FAULT_LOCKED) |
	      vmf_insert_page_mkwrite(vmf, page, false);
	put_page(page);
	return ret;
}

static vm_fault_t devscope_fault(struct vm_fault *vmf)
{
	struct devscope_vm_table *table = devscope_vm_table(vmf->vma);
	unsigned long *place = devscope_enter(table->open, DEVSCOPE_GENTLY);
	vm_fault_t ret;

	if (!place)
		return VM_FAULT_SIGBUS;
	ret = install(vmf, table->theirs->fault(vmf));
	devscope_leave(table->open, place, 0);
	return ret;
}

static vm_fault_t devscope_page_mkwrite(struct vm_fault *vmf)
{
	return devscope_vm_call(vmf->vma, VM_FAULT_SIGBUS, page_mkwrite(vmf));
}

static vm_fault_t devscope_pfn_mkwrite(struct vm_fault *vmf)
{
	return devscope_vm_call(vmf->vma, VM_FAULT_SIGBUS, pfn_mkwrite(vmf));
}

static int devscope_access(struct vm_area_struct *vma, unsigned long addr,
			   void *buf, int len, int write)
{
	return devscope_vm_call(vma, -EIO, access(vma, addr, buf, len, write));
}

static int devscope_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return devscope_vm_call(vma, 0, may_split(vma, addr));
}

static int devscope_mremap(struct vm_area_struct *vma)
{
	return devscope_vm_call(vma, 0, mremap(vma));
}

static int devscope_mprotect(struct vm_area_struct *vma, unsigned long start,
			     unsigned long end, unsigned long flags)
{
	return devscope_vm_call(vma, 0, mprotect(vma, start, end, flags));
}

static unsigned long devscope_pagesize(struct vm_area_struct *vma)
{
	return devscope_vm_call(vma, PAGE_SIZE, pagesize(vma));
}

/* Remembers a mapping, if the driver has a close(). */
void devscope_add_area(struct vm_area_struct *vma)
{
	struct devscope_vm_table *table = devscope_vm_table(vma);
	struct devscope_mappings *mappings = table->open->mappings;
	struct devscope_area *area;

	if (!table->theirs->close)
		return;
	area = kzalloc_obj(*area, GFP_KERNEL | __GFP_NOFAIL);
	area->vma = vma;
	area->table = table;
	scoped_guard(mutex, &mappings->lock)
		list_add_tail(&area->link, &mappings->areas);
}

/* fork() or a split has created another mapping. */
static void devscope_vm_open(struct vm_area_struct *vma)
{
	struct devscope_vm_table *table = devscope_vm_table(vma);
	unsigned long *place = devscope_enter(table->open, DEVSCOPE_GENTLY);

	if (!place)
		return;
	if (table->theirs->open)
		table->theirs->open(vma);
	devscope_add_area(vma);
	devscope_leave(table->open, place, 0);
}

static void close_area(struct devscope_area *area)
{
	area->table->theirs->close(area->vma);
	list_del(&area->link);
	kfree(area);
}

/* The closer waits for the lock, if this is in progress. */
static void devscope_vm_close(struct vm_area_struct *vma)
{
	struct devscope_vm_table *table = devscope_vm_table(vma);
	struct devscope_mappings *mappings = table->open->mappings;
	struct devscope_area *area;

	guard(mutex)(&mappings->lock);
	list_for_each_entry(area, &mappings->areas, link) {
		if (area->vma == vma) {
			close_area(area);
			return;
		}
	}
}

/* Calls the driver's close() for all remaining mappings. */
void devscope_close_areas(struct devscope_file *open)
{
	struct devscope_mappings *mappings = open->mappings;
	struct devscope_area *area, *next;

	if (!mappings)
		return;
	guard(mutex)(&mappings->lock);
	list_for_each_entry_safe(area, next, &mappings->areas, link)
		close_area(area);
}

/*
 * map_pages() maps present pages around a fault. It may not sleep, but entering may
 * sleep. So it is left out, like huge_fault(): fault() does the same for one page.
 */
static const struct vm_operations_struct devscope_vm_all = {
	.open = devscope_vm_open,
	.close = devscope_vm_close,
	.may_split = devscope_may_split,
	.mremap = devscope_mremap,
	.mprotect = devscope_mprotect,
	.fault = devscope_fault,
	.pagesize = devscope_pagesize,
	.page_mkwrite = devscope_page_mkwrite,
	.pfn_mkwrite = devscope_pfn_mkwrite,
	.access = devscope_access,
};

/* Returns the table that replaces @theirs, or an ERR_PTR(). */
struct devscope_vm_table *
devscope_get_vm_table(struct devscope_file *open,
		      const struct vm_operations_struct *theirs)
{
	struct devscope_mappings *mappings = open->mappings;
	struct vm_operations_struct wanted = *theirs;
	struct devscope_vm_table *table;

	guard(mutex)(&open->fence->lock);
	for (table = mappings->tables; table; table = table->next)
		if (table->theirs == theirs)
			return table;
	table = kzalloc_obj(*table);
	if (!table)
		return ERR_PTR(-ENOMEM);
	wanted.map_pages = NULL;
	if (wanted.fault)
		wanted.huge_fault = NULL;
	if (wanted.close)
		wanted.open = devscope_vm_open;
	if (!devscope_wrap_all(&table->ops, &wanted, &devscope_vm_all,
			       sizeof(wanted))) {
		pr_fence(err, open->fence, "mappings of %ps are not supported\n",
			 theirs);
		kfree(table);
		return ERR_PTR(-EOPNOTSUPP);
	}
	table->theirs = theirs;
	table->open = open;
	table->next = mappings->tables;
	mappings->tables = table;
	return table;
}

void devscope_free_vm_tables(struct devscope_mappings *mappings)
{
	while (mappings->tables) {
		struct devscope_vm_table *table = mappings->tables;

		mappings->tables = table->next;
		kfree(table);
	}
}
