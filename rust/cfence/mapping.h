/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _DEVSCOPE_MAPPING_H
#define _DEVSCOPE_MAPPING_H

#include <linux/mm.h>

#include "cfence.h"

struct devscope_mmap_call;

/* Operations of mappings, and those of the driver that they replace. */
struct devscope_vm_table {
	struct vm_operations_struct ops;
	struct devscope_vm_table *next;
	const struct vm_operations_struct *theirs;
	struct devscope_file *open;
};

/* The mappings of an open file. */
struct devscope_mappings {
	struct address_space space;
	struct devscope_vm_table *tables;
	struct devscope_mmap_call *calls;
	struct mutex lock;		/* protects `areas` and their ends */
	struct list_head areas;
};

static inline struct devscope_vm_table *
devscope_vm_table(const struct vm_area_struct *vma)
{
	return container_of(vma->vm_ops, struct devscope_vm_table, ops);
}

/* vm.c */
struct devscope_vm_table *
devscope_get_vm_table(struct devscope_file *open,
		      const struct vm_operations_struct *theirs);
void devscope_add_area(struct vm_area_struct *vma);
void devscope_free_vm_tables(struct devscope_mappings *mappings);

#endif /* _DEVSCOPE_MAPPING_H */
