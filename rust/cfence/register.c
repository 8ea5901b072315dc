// SPDX-License-Identifier: GPL-2.0
/*
 * Registrations of C drivers: the drop-in replacements of misc_register() and
 * cdev_device_add().
 *
 * While it is registered, a miscdevice or cdev has a table of this module, whose
 * open() finds the fence. The driver's structure keeps this table: the kernel may
 * read it at any time, also after the end.
 */

#include <linux/cdev.h>
#include <linux/hashtable.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <linux/devscope.h>

#include "cfence.h"

static DEFINE_HASHTABLE(fences, 6);
static DEFINE_SPINLOCK(fences_lock);

static struct devscope_fence *find_fence(const void *key)
{
	struct devscope_fence *fence;

	hash_for_each_possible(fences, fence, node, (unsigned long)key)
		if (fence->key == key)
			return fence;
	return NULL;
}

static int open_by(const void *key, struct inode *inode, struct file *file)
{
	struct devscope_fence *fence;

	scoped_guard(spinlock, &fences_lock) {
		fence = find_fence(key);
		if (fence)
			kref_get(&fence->ref);
	}
	if (!fence)
		return -ENODEV;
	return devscope_open(fence, inode, file, file->f_op);
}

/* misc_open() has stored the miscdevice there. */
static int misc_open_sync(struct inode *inode, struct file *file)
{
	return open_by(file->private_data, inode, file);
}

static int cdev_open_sync(struct inode *inode, struct file *file)
{
	return open_by(inode->i_cdev, inode, file);
}

static const struct file_operations misc_fops_sync = {
	.owner = THIS_MODULE,
	.open = misc_open_sync,
};

static const struct file_operations cdev_fops_sync = {
	.owner = THIS_MODULE,
	.open = cdev_open_sync,
};

/* Creates the fence of @key, whose file operations are @theirs. */
static struct devscope_fence *
new_fence(const void *key, const char *name,
	  const struct file_operations *theirs, struct lock_class_key *lock_key)
{
	struct devscope_fence *fence = kzalloc_obj(*fence);
	int ret = -ENOMEM;

	if (!fence)
		return ERR_PTR(-ENOMEM);
	kref_init(&fence->ref);
	mutex_init(&fence->lock);
	INIT_LIST_HEAD(&fence->files);
	init_waitqueue_head(&fence->released);
	lockdep_init_map(&fence->map, "devscope_c_driver", lock_key, 0);
	fence->key = key;
	fence->theirs = theirs;
	fence->name = kstrdup(name, GFP_KERNEL);
	fence->places = alloc_percpu(struct devscope_places);
	if (!fence->name || !fence->places)
		goto err;
	ret = devscope_make_table(&fence->table, theirs);
	if (ret) {
		pr_fence(err, fence, "%ps has a file operation that is not supported\n",
			 theirs);
		goto err;
	}
	scoped_guard(spinlock, &fences_lock) {
		if (!find_fence(key)) {
			hash_add(fences, &fence->node, (unsigned long)key);
			return fence;
		}
	}
	ret = -EBUSY;
err:
	devscope_fence_put(fence);
	return ERR_PTR(ret);
}

/* Removes the fence of a registration. */
static void remove_fence(struct devscope_fence *fence)
{
	scoped_guard(spinlock, &fences_lock)
		hash_del(&fence->node);
	devscope_fence_put(fence);
}

/* Returns the fence of a registration, which exists. */
static struct devscope_fence *fence_of(const void *key)
{
	guard(spinlock)(&fences_lock);
	return find_fence(key);
}

int __misc_register_sync(struct miscdevice *misc, struct lock_class_key *key)
{
	struct devscope_fence *fence;
	int ret;

	fence = new_fence(misc, misc->name, misc->fops, key);
	if (IS_ERR(fence))
		return PTR_ERR(fence);
	misc->fops = &misc_fops_sync;
	ret = misc_register(misc);
	if (ret) {
		misc->fops = fence->theirs;
		remove_fence(fence);
	}
	return ret;
}
EXPORT_SYMBOL_GPL(__misc_register_sync);

/**
 * misc_deregister_sync() - remove a misc device and end its open files
 * @misc: the device that misc_register_sync() has registered
 *
 * When this returns, no file operation of the driver runs or begins, no page of it is
 * mapped, release() was called for each file that was open, and the node is gone.
 * Operations on files that are still open return -ENODEV, poll() returns EPOLLHUP and
 * EPOLLERR, and an access to a mapping raises SIGBUS.
 *
 * This interrupts tasks that sleep interruptibly in the driver. It waits for tasks
 * that are busy or cannot be interrupted.
 *
 * Context: Process context, may sleep. Not in one of the driver's own file
 * operations, and not with a lock held that these take.
 */
void misc_deregister_sync(struct miscdevice *misc)
{
	struct devscope_fence *fence = fence_of(misc);

	if (WARN_ON(!fence))
		return;
	devscope_end(fence);
	misc_deregister(misc);
	misc->fops = fence->theirs;
	remove_fence(fence);
}
EXPORT_SYMBOL_GPL(misc_deregister_sync);

int __cdev_device_add_sync(struct cdev *cdev, struct device *dev,
			   struct lock_class_key *key)
{
	const struct file_operations *theirs = cdev->ops;
	struct devscope_fence *fence;
	int ret;

	/* Without a device number, there is no node. */
	if (!dev->devt)
		return cdev_device_add(cdev, dev);
	fence = new_fence(cdev, dev_name(dev), theirs, key);
	if (IS_ERR(fence))
		return PTR_ERR(fence);
	cdev->ops = &cdev_fops_sync;
	ret = cdev_device_add(cdev, dev);
	if (ret) {
		/* A program may have opened it. */
		devscope_end(fence);
		remove_fence(fence);
	}
	return ret;
}
EXPORT_SYMBOL_GPL(__cdev_device_add_sync);

/**
 * cdev_device_del_sync() - remove a character device and end its open files
 * @cdev: the device that cdev_device_add_sync() has added
 * @dev: its device
 *
 * As misc_deregister_sync(). To add @cdev again, call cdev_init() first.
 *
 * Context: As misc_deregister_sync().
 */
void cdev_device_del_sync(struct cdev *cdev, struct device *dev)
{
	struct devscope_fence *fence = dev->devt ? fence_of(cdev) : NULL;

	if (WARN_ON(dev->devt && !fence))
		return;
	if (fence)
		devscope_end(fence);
	cdev_device_del(cdev, dev);
	if (fence)
		remove_fence(fence);
}
EXPORT_SYMBOL_GPL(cdev_device_del_sync);

static void deregister_misc(void *misc)
{
	misc_deregister_sync(misc);
}

int __devm_misc_register_sync(struct device *dev, struct miscdevice *misc,
			      struct lock_class_key *key)
{
	int ret = __misc_register_sync(misc, key);

	return ret ?: devm_add_action_or_reset(dev, deregister_misc, misc);
}
EXPORT_SYMBOL_GPL(__devm_misc_register_sync);

struct cdev_and_device {
	struct cdev *cdev;
	struct device *dev;
};

static void del_cdev(struct device *parent, void *res)
{
	struct cdev_and_device *added = res;

	cdev_device_del_sync(added->cdev, added->dev);
}

int __devm_cdev_device_add_sync(struct device *parent, struct cdev *cdev,
				struct device *dev, struct lock_class_key *key)
{
	struct cdev_and_device *added;
	int ret;

	added = devres_alloc(del_cdev, sizeof(*added), GFP_KERNEL);
	if (!added)
		return -ENOMEM;
	ret = __cdev_device_add_sync(cdev, dev, key);
	if (ret) {
		devres_free(added);
		return ret;
	}
	added->cdev = cdev;
	added->dev = dev;
	devres_add(parent, added);
	return 0;
}
EXPORT_SYMBOL_GPL(__devm_cdev_device_add_sync);

/**
 * devscope_is_unplugged() - whether the registration of a file has ended
 * @file: a file of a driver that is registered by one of the functions above
 *
 * For an operation that does long work in steps, and the condition of a wait.
 *
 * Context: Any, in a file operation of @file. Return: true if it has ended; false for
 * a file of another driver.
 */
bool devscope_is_unplugged(const struct file *file)
{
	if (file->f_op->release != devscope_release)
		return false;
	return READ_ONCE(devscope_file(file)->fence->ended);
}
EXPORT_SYMBOL_GPL(devscope_is_unplugged);
