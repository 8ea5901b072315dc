/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A fence around the file operations of a C driver: after the driver has removed its
 * character device, no file operation of it runs, and no open file reaches it. See
 * Documentation/c-drivers.rst.
 */
#ifndef _LINUX_DEVSCOPE_H
#define _LINUX_DEVSCOPE_H

#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/types.h>
#include <linux/wait.h>

struct cdev;
struct device;
struct file;
struct miscdevice;

int __misc_register_sync(struct miscdevice *misc, struct lock_class_key *key);
int __cdev_device_add_sync(struct cdev *cdev, struct device *dev,
			   struct lock_class_key *key);
int __devm_misc_register_sync(struct device *dev, struct miscdevice *misc,
			      struct lock_class_key *key);
int __devm_cdev_device_add_sync(struct device *parent, struct cdev *cdev,
				struct device *dev, struct lock_class_key *key);

/**
 * misc_register_sync() - misc_register(), with a fence
 * @misc: the device; its file operations are wrapped, and need not change
 *
 * For lockdep, callers inside have one class for each place in the source that uses
 * this.
 *
 * Context: Process context, may sleep. Return: 0, or an error: -EOPNOTSUPP if the
 * driver has a file operation that the fence does not wrap, -EBUSY if @misc is
 * registered already, -ENOMEM, or an error of misc_register().
 */
#define misc_register_sync(misc)					\
({									\
	static struct lock_class_key __key;				\
									\
	__misc_register_sync(misc, &__key);				\
})

void misc_deregister_sync(struct miscdevice *misc);

/**
 * devm_misc_register_sync() - misc_register_sync(), until the driver is unbound
 * @dev: the device that the driver is bound to
 * @misc: the device to register
 *
 * Earlier devm allocations are valid while a file operation runs.
 *
 * Context: As misc_register_sync().
 * Return: As misc_register_sync().
 */
#define devm_misc_register_sync(dev, misc)				\
({									\
	static struct lock_class_key __key;				\
									\
	__devm_misc_register_sync(dev, misc, &__key);			\
})

/**
 * cdev_device_add_sync() - cdev_device_add(), with a fence
 * @cdev: the character device; its file operations are wrapped, and need not change
 * @dev: its device
 *
 * Context: Process context, may sleep. Return: 0, or an error: as
 * misc_register_sync(), or an error of cdev_device_add().
 */
#define cdev_device_add_sync(cdev, dev)					\
({									\
	static struct lock_class_key __key;				\
									\
	__cdev_device_add_sync(cdev, dev, &__key);			\
})

void cdev_device_del_sync(struct cdev *cdev, struct device *dev);

/**
 * devm_cdev_device_add_sync() - cdev_device_add_sync(), until the driver is unbound
 * @parent: the device that the driver is bound to
 * @cdev: the character device
 * @dev: its device
 *
 * Context: As cdev_device_add_sync().
 * Return: As cdev_device_add_sync().
 */
#define devm_cdev_device_add_sync(parent, cdev, dev)			\
({									\
	static struct lock_class_key __key;				\
									\
	__devm_cdev_device_add_sync(parent, cdev, dev, &__key);		\
})

bool devscope_is_unplugged(const struct file *file);

/**
 * devscope_wait_event_interruptible() - wait_event_interruptible(), or unplug
 * @file: the file of the caller's file operation
 * @wq_head: the wait queue
 * @condition: the condition to wait for
 *
 * A plain wait_event_interruptible() also ends at unplug, as if there were a signal.
 * This macro distinguishes the two.
 *
 * Return: 0 if @condition is true, -ENODEV if the device is being unplugged,
 * -ERESTARTSYS if a signal is pending.
 */
#define devscope_wait_event_interruptible(file, wq_head, condition)	\
({									\
	const struct file *__file = (file);				\
	int __wait = wait_event_interruptible(wq_head, (condition) ||	\
					devscope_is_unplugged(__file));	\
									\
	devscope_is_unplugged(__file) ? -ENODEV : __wait;		\
})

#endif /* _LINUX_DEVSCOPE_H */
