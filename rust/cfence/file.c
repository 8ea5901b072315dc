// SPDX-License-Identifier: GPL-2.0
/*
 * Open files of a C driver, and the end of a registration.
 */

#include <linux/module.h>
#include <linux/slab.h>

#include "cfence.h"

static void free_fence(struct kref *ref)
{
	struct devscope_fence *fence = container_of(ref, struct devscope_fence, ref);

	devscope_free_places(fence);
	kfree(fence->name);
	kfree(fence);
}

void devscope_fence_put(struct devscope_fence *fence)
{
	kref_put(&fence->ref, free_fence);
}

/* The operations of a closed file, which have its former owner. */
static const struct file_operations devscope_released = {
	.owner = THIS_MODULE,
};

/* The driver's open() has set another table, as drivers with several tables do. */
static int follow(struct devscope_file *open, struct inode *inode,
		  struct file *file)
{
	/* replace_fops() has dropped this module and taken the other one. */
	__module_get(THIS_MODULE);
	module_put(open->theirs->owner);
	open->theirs = file->f_op;
	file->f_op = &open->table;
	return devscope_make_table(&open->table, open->theirs) ?:
	       devscope_init_mappings(open, inode);
}

static int call_open(struct devscope_file *open, struct inode *inode,
		     struct file *file)
{
	int ret;

	if (!open->theirs->open)
		return 0;
	ret = open->theirs->open(inode, file);
	if (ret) {
		/* As in follow(), in the other direction. */
		if (file->f_op != &open->table) {
			__module_get(THIS_MODULE);
			replace_fops(file, &open->table);
		}
		return ret;
	}
	if (file->f_op != &open->table)
		ret = follow(open, inode, file);
	if (!ret && open->mappings && !devscope_owns_mappings(open))
		ret = -EOPNOTSUPP;
	if (!ret)
		return 0;
	if (ret == -EOPNOTSUPP)
		pr_fence(err, open->fence, "a file of %ps is not supported\n",
			 open->theirs);
	if (open->theirs->release)
		open->theirs->release(inode, file);
	return ret;
}

static struct devscope_file *new_file(struct devscope_fence *fence,
				      struct file *file)
{
	struct devscope_file *open = kzalloc_obj(*open);

	if (!open)
		return NULL;
	open->table = fence->table;
	open->theirs = fence->theirs;
	open->places = fence->places;
	open->fence = fence;
	open->file = file;
	INIT_LIST_HEAD(&open->link);
	return open;
}

/*
 * Opens @file, whose table is @entry until then. The file takes over the caller's
 * reference to @fence on success; otherwise this drops it.
 */
int devscope_open(struct devscope_fence *fence, struct inode *inode,
		  struct file *file, const struct file_operations *entry)
{
	struct devscope_file *open = new_file(fence, file);
	unsigned long *place;
	int ret = -ENOMEM;

	if (!open)
		goto err_put;
	place = devscope_enter(open, 0);
	if (!place) {
		ret = -ENODEV;
		goto err_free;
	}
	if (!try_module_get(open->theirs->owner)) {
		ret = -ENODEV;
		goto err_leave;
	}
	ret = devscope_init_mappings(open, inode);
	if (ret)
		goto err_module;
	file->f_op = &open->table;
	ret = call_open(open, inode, file);
	if (ret)
		goto err_file;
	/* The closer reads the list when no caller is inside. */
	scoped_guard(mutex, &fence->lock)
		list_add_tail(&open->link, &fence->files);
	devscope_leave(open, place, 0);
	return 0;

err_file:
	file->f_op = entry;
	devscope_free_mappings(open, inode);
err_module:
	module_put(open->theirs->owner);
err_leave:
	ret = devscope_leave(open, place, ret);
err_free:
	kfree(open);
err_put:
	devscope_fence_put(fence);
	return ret;
}

/*
 * Calls the driver's release() for a file that the caller has taken off the list of
 * files. The caller is inside, or is the closer. No other caller is inside by this
 * file.
 */
static int release_theirs(struct devscope_file *open, struct inode *inode)
{
	const struct file_operations *theirs = open->theirs;
	struct file *file = open->file;
	int ret = 0;

	devscope_close_areas(open);
	devscope_detach_relays(open);
	if (open->fasync) {
		theirs->fasync(-1, file, 0);
		fasync_helper(-1, file, 0, &open->fence->fasync);
	}
	if (theirs->release)
		ret = theirs->release(inode, file);
	module_put(theirs->owner);
	return ret;
}

/*
 * The last close. It enters even if the registration has ended: either it finds the
 * file on the list, and the closer waits for it; or the closer releases the file.
 */
int devscope_release(struct inode *inode, struct file *file)
{
	struct devscope_file *open = devscope_file(file);
	struct devscope_fence *fence = open->fence;
	unsigned long *place;
	bool ours;
	int ret = 0;

	place = devscope_join(open, raw_cpu_ptr(open->places), DEVSCOPE_GENTLY);
	scoped_guard(mutex, &fence->lock) {
		ours = !list_empty(&open->link);
		list_del_init(&open->link);
	}
	if (ours) {
		lock_map_acquire_read(&fence->map);
		ret = release_theirs(open, inode);
		lock_map_release(&fence->map);
	}
	ret = devscope_quit(place, ret);
	if (!ours)
		/* Pairs with the store in release_all(). */
		wait_event(fence->released, smp_load_acquire(&open->released));
	/* This table has the same owner, and stays valid. */
	file->f_op = &devscope_released;
	devscope_free_mappings(open, inode);
	devscope_free_relays(open);
	kfree(open);
	devscope_fence_put(fence);
	return ret;
}

/*
 * Releases all files that are still open. No caller is inside but those in release().
 */
static void release_all(struct devscope_fence *fence)
{
	struct devscope_file *open;

	for (;;) {
		scoped_guard(mutex, &fence->lock) {
			open = list_first_entry_or_null(&fence->files,
							struct devscope_file,
							link);
			if (open)
				list_del_init(&open->link);
		}
		if (!open)
			break;
		release_theirs(open, file_inode(open->file));
		/*
		 * A close of the file waits for this. The file is not accessed after
		 * it.
		 */
		smp_store_release(&open->released, true);
		wake_up_all(&fence->released);
	}
}

/* Ends a registration, for its owner, once. */
void devscope_end(struct devscope_fence *fence)
{
	struct devscope_file *open;
	int cpu;

	WRITE_ONCE(fence->ended, true);
	for_each_possible_cpu(cpu)
		WRITE_ONCE(per_cpu_ptr(fence->places, cpu)->ended, true);
	/* Pairs with the barrier between taking a place and testing for the end. */
	smp_mb();
	scoped_guard(mutex, &fence->lock)
		list_for_each_entry(open, &fence->files, link)
			devscope_wake_pollers(open);
	kill_fasync(&fence->fasync, SIGIO, POLL_HUP);
	devscope_drain(fence);
	scoped_guard(mutex, &fence->lock)
		list_for_each_entry(open, &fence->files, link)
			devscope_zap(open);
	release_all(fence);
	/* Waits for those in release() of a file that was on the list before. */
	devscope_drain(fence);
}
