// SPDX-License-Identifier: GPL-2.0
/*
 * The platform devices of the fences here, and their driver. A node has the name of
 * its device: /dev/bench-rwsem.0. Unbind ends its fence.
 *
 * bench_gate, which is in Rust, is the driver of the bench-gate devices.
 */

#include <linux/delay.h>
#include <linux/mod_devicetable.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "fences.h"

static unsigned int devices = 1;
module_param(devices, uint, 0444);
MODULE_PARM_DESC(devices, "How many devices there are for each fence (default 1)");

static char *only = "";
module_param(only, charp, 0444);
MODULE_PARM_DESC(only, "The name of the devices, if there are to be no others");

#define BENCH_ID(device, way) \
	{ .name = device, .driver_data = (kernel_ulong_t)&(way) }

static const struct platform_device_id bench_ids[] = {
	BENCH_ID("bench-none", bench_none),
	BENCH_ID("bench-rwsem", bench_rwsem),
	BENCH_ID("bench-mutex", bench_mutex),
	BENCH_ID("bench-srcu", bench_srcu),
	BENCH_ID("bench-global-srcu", bench_global_srcu),
	BENCH_ID("bench-active", bench_active),
	BENCH_ID("bench-refcount", bench_refcount),
	BENCH_ID("bench-percpu", bench_percpu),
	BENCH_ID("bench-ours", bench_ours),
	{}
};

#define BENCH_GATE	"bench-gate"

static void free_node(struct kref *ref)
{
	struct bench_node *node = container_of(ref, struct bench_node, ref);

	if (node->fence->free)
		node->fence->free(node);
	kfree(node);
}

int bench_open(struct inode *inode, struct file *file)
{
	kref_get(&bench_node(file)->ref);
	return 0;
}

int bench_release(struct inode *inode, struct file *file)
{
	kref_put(&bench_node(file)->ref, free_node);
	return 0;
}

/* Copies the number that is written. Returns its size, or -EFAULT. */
ssize_t bench_number(struct iov_iter *from, u32 *number)
{
	return copy_from_iter_full(number, sizeof(*number), from) ?
		sizeof(*number) : -EFAULT;
}

/*
 * The driver's part of write(). The number that is written is in milliseconds: works
 * for this time. If it is 0, waits for an event that never happens.
 */
ssize_t bench_work(struct bench_node *node, struct iov_iter *from)
{
	u32 ms;
	ssize_t ret = bench_number(from, &ms);

	if (ret < 0)
		return ret;
	if (ms)
		fsleep(ms * USEC_PER_MSEC);
	else if (wait_event_interruptible(node->queue, false))
		ret = -ERESTARTSYS;
	return ret;
}

static int bench_probe(struct platform_device *pdev)
{
	const struct platform_device_id *id = platform_get_device_id(pdev);
	struct bench_node *node = kzalloc_obj(*node);
	int ret = 0;

	if (!node)
		return -ENOMEM;
	kref_init(&node->ref);
	init_waitqueue_head(&node->queue);
	node->fence = (const struct bench_fence *)id->driver_data;
	node->misc.minor = MISC_DYNAMIC_MINOR;
	node->misc.name = dev_name(&pdev->dev);
	node->misc.parent = &pdev->dev;
	node->misc.fops = node->fence->fops;
	if (node->fence->make)
		ret = node->fence->make(node);
	if (ret) {
		kfree(node);
		return ret;
	}
	ret = (node->fence->add ?: misc_register)(&node->misc);
	if (ret) {
		kref_put(&node->ref, free_node);
		return ret;
	}
	platform_set_drvdata(pdev, node);
	return 0;
}

static void bench_remove(struct platform_device *pdev)
{
	struct bench_node *node = platform_get_drvdata(pdev);

	(node->fence->del ?: misc_deregister)(&node->misc);
	if (node->fence->end)
		node->fence->end(node);
	kref_put(&node->ref, free_node);
}

static struct platform_driver bench_driver = {
	.probe = bench_probe,
	.remove = bench_remove,
	.id_table = bench_ids,
	.driver = {
		.name = "bench-fences",
	},
};

static struct platform_device **bench_devices;
static unsigned int bench_count;

static void remove_devices(void)
{
	while (bench_count)
		platform_device_unregister(bench_devices[--bench_count]);
	kfree(bench_devices);
}

static int add_devices(const char *name)
{
	unsigned int i;

	if (*only && strcmp(only, name))
		return 0;
	for (i = 0; i < devices; i++) {
		struct platform_device *pdev =
			platform_device_register_simple(name, i, NULL, 0);

		if (IS_ERR(pdev))
			return PTR_ERR(pdev);
		bench_devices[bench_count++] = pdev;
	}
	return 0;
}

static int __init bench_init(void)
{
	const struct platform_device_id *id;
	int ret;

	bench_devices = kcalloc(ARRAY_SIZE(bench_ids) * devices,
				sizeof(*bench_devices), GFP_KERNEL);
	if (!bench_devices)
		return -ENOMEM;
	ret = platform_driver_register(&bench_driver);
	if (ret) {
		kfree(bench_devices);
		return ret;
	}
	for (id = bench_ids; !ret && id->name[0]; id++)
		ret = add_devices(id->name);
	if (!ret)
		ret = add_devices(BENCH_GATE);
	if (ret) {
		remove_devices();
		platform_driver_unregister(&bench_driver);
	}
	return ret;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	remove_devices();
	platform_driver_unregister(&bench_driver);
}
module_exit(bench_exit);

MODULE_DESCRIPTION("Ways to keep callers from a device that is gone");
MODULE_LICENSE("GPL");
