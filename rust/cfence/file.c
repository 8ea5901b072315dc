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

/* What a file has that is closed: the owner that it had. */
static const struct file_operations devscope_released = {
	.owner = THIS_MODULE,
};

/* The driver's open() has put another table there, as one does who has several. */
static int follow(struct devscope_file *open, struct inode *inode,
		  struct file *file)
{
	/* replace_fops() has given up this module, and got that one. */
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
		/* As in follow(), and back. */
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
 * Opens @file, whose table is @entry until then. The caller's reference to @fence is
 * the file's on success, and dropped otherwise.
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
	/* The closer looks when nobody is inside. */
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
 * Releases what the driver has of a file that was on the list of files, and was taken
 * off by the caller: who is inside, or the closer. Nobody else is inside by this file.
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
 * The last close. It is inside although the registration may have ended: either it
 * finds the file on the list, and the closer waits for it; or the closer has it.
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
		/* Pairs with the one in release_all(). */
		wait_event(fence->released, smp_load_acquire(&open->released));
	/* It has the same owner, and stays. */
	file->f_op = &devscope_released;
	devscope_free_mappings(open, inode);
	devscope_free_relays(open);
	kfree(open);
	devscope_fence_put(fence);
	return ret;
}

/* Has all files released that are open still. Nobody is inside, but who releases one. */
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
		/* The file waits for this, if it is closed, and is not touched again. */
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
	/* As there is one between taking a place and the look whether it has ended. */
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
	/* Who releases a file that was on the list before. */
	devscope_drain(fence);
}
