// SPDX-License-Identifier: GPL-2.0
/*
 * Mappings of a C driver.
 *
 * The mappings of an open file are on an address_space of its own, where the closer
 * finds them. The driver's mmap() may insert pages before the mapping is on it: so
 * the closer waits until a call of mmap() that was inside has unlocked the memory
 * map.
 */

#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "../internal.h"
#include "mapping.h"

/* A call of mmap() that was inside. */
struct devscope_mmap_call {
	struct devscope_mmap_call *next;
	struct mm_struct *mm;
	unsigned int sequence;
};

#ifdef CONFIG_PER_VMA_LOCK
static unsigned int map_sequence(struct mm_struct *mm)
{
	return READ_ONCE(mm->mm_lock_seq.sequence);
}

/* Waits until the caller of mmap() has unlocked the memory map. */
static void wait_for_call(struct devscope_mmap_call *call)
{
	while (map_sequence(call->mm) == call->sequence)
		fsleep(20);
}
#else
static unsigned int map_sequence(struct mm_struct *mm)
{
	return 0;
}

static void wait_for_call(struct devscope_mmap_call *call)
{
	mmap_read_lock(call->mm);
	mmap_read_unlock(call->mm);
}
#endif

/* Remembers that the caller is in mmap(). Forgets calls that have ended. */
static int note_call(struct devscope_file *open)
{
	struct devscope_mappings *mappings = open->mappings;
	struct devscope_mmap_call *call;
	struct mm_struct *mm = current->mm;

	guard(mutex)(&open->fence->lock);
	for (call = mappings->calls; call; call = call->next)
		if (call->mm == mm || map_sequence(call->mm) != call->sequence)
			break;
	if (!call) {
		call = kzalloc_obj(*call);
		if (!call)
			return -ENOMEM;
		call->next = mappings->calls;
		mappings->calls = call;
	} else {
		mmdrop(call->mm);
	}
	mmgrab(mm);
	call->mm = mm;
	call->sequence = map_sequence(mm);
	return 0;
}

/* Wraps the operations of a mapping that the driver has just set up. */
static int wrap(struct devscope_file *open, struct file *file,
		const struct vm_operations_struct **ops)
{
	struct devscope_vm_table *table;

	/* The mapping belongs to another file. */
	if (file != open->file) {
		pr_fence(err, open->fence,
			 "mappings of another file are not supported\n");
		return -EOPNOTSUPP;
	}
	if (!*ops)
		return 0;
	table = devscope_get_vm_table(open, *ops);
	if (IS_ERR(table))
		return PTR_ERR(table);
	*ops = &table->ops;
	return 0;
}

static int do_mmap_inside(struct devscope_file *open, struct vm_area_struct *vma)
{
	int ret = note_call(open);

	if (ret)
		return ret;
	ret = open->theirs->mmap(open->file, vma);
	if (ret)
		return ret;
	ret = wrap(open, vma->vm_file, &vma->vm_ops);
	if (ret) {
		if (vma->vm_ops && vma->vm_ops->close)
			vma->vm_ops->close(vma);
		return ret;
	}
	if (vma->vm_ops)
		devscope_add_area(vma);
	return 0;
}

int devscope_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct devscope_file *open = devscope_file(file);
	unsigned long *place = devscope_enter(open, 0);

	if (!place)
		return -ENODEV;
	return devscope_leave(open, place, do_mmap_inside(open, vma));
}

static int do_mmap_prepare(struct devscope_file *open, struct vm_area_desc *desc)
{
	int ret = note_call(open);

	if (ret)
		return ret;
	ret = open->theirs->mmap_prepare(desc);
	if (ret)
		return ret;
	/* There is no mapping to remember yet. */
	if (desc->vm_ops && desc->vm_ops->close) {
		pr_fence(err, open->fence,
			 "mmap_prepare() with a close() is not supported\n");
		return -EOPNOTSUPP;
	}
	return wrap(open, desc->vm_file, &desc->vm_ops);
}

int devscope_mmap_prepare(struct vm_area_desc *desc)
{
	struct devscope_file *open = devscope_file(desc->file);
	unsigned long *place = devscope_enter(open, 0);

	if (!place)
		return -ENODEV;
	return devscope_leave(open, place, do_mmap_prepare(open, desc));
}

/* Sets an address_space of its own for @open, if its driver has mappings. */
int devscope_init_mappings(struct devscope_file *open, struct inode *inode)
{
	struct devscope_mappings *mappings;

	if (open->mappings ||
	    !(open->theirs->mmap || open->theirs->mmap_prepare))
		return 0;
	mappings = kzalloc_obj(*mappings);
	if (!mappings)
		return -ENOMEM;
	devscope_init_address_space(&mappings->space, inode);
	mutex_init(&mappings->lock);
	INIT_LIST_HEAD(&mappings->areas);
	open->mappings = mappings;
	open->file->f_mapping = &mappings->space;
	return 0;
}

/* Returns whether the driver has not changed the address_space. */
bool devscope_owns_mappings(const struct devscope_file *open)
{
	return open->file->f_mapping == &open->mappings->space;
}

/* Unmaps all pages of the mappings. No caller is inside that could insert one. */
void devscope_zap(struct devscope_file *open)
{
	struct devscope_mmap_call *call;

	if (!open->mappings)
		return;
	for (call = open->mappings->calls; call; call = call->next)
		wait_for_call(call);
	unmap_mapping_range(&open->mappings->space, 0, 0, 1);
}

/* A mapping has a reference to its file, so there is none any more. */
void devscope_free_mappings(struct devscope_file *open, struct inode *inode)
{
	struct devscope_mappings *mappings = open->mappings;

	if (!mappings)
		return;
	open->file->f_mapping = inode->i_mapping;
	devscope_free_vm_tables(mappings);
	while (mappings->calls) {
		struct devscope_mmap_call *call = mappings->calls;

		mappings->calls = call->next;
		mmdrop(call->mm);
		kfree(call);
	}
	kfree(mappings);
}
