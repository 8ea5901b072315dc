// SPDX-License-Identifier: GPL-2.0
/*
 * The faults, the device and its driver. remove() has the order that every driver needs.
 */

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <linux/devscope.h>

#include "testfault.h"

/* The first device number for local use. */
#define TESTFAULT_NUMBERS	MKDEV(240, 0)

static const char * const testfault_names[] = {
	[TESTFAULT_NONE] = "none",
	[TESTFAULT_NO_WAKE] = "no-wake",
	[TESTFAULT_NO_HUP] = "no-hup",
	[TESTFAULT_WAIT_INSIDE] = "wait-inside",
	[TESTFAULT_WAIT_KILLABLE] = "wait-killable",
	[TESTFAULT_WAIT_UNINTERRUPTIBLE] = "wait-uninterruptible",
	[TESTFAULT_LOCK_ACROSS_WAIT] = "lock-across-wait",
	[TESTFAULT_LOCK_ACROSS_COPY] = "lock-across-copy",
	[TESTFAULT_URING_LOST] = "uring-lost",
	[TESTFAULT_NO_ZAP] = "no-zap",
	[TESTFAULT_WORKS_AFTER] = "works-after",
	[TESTFAULT_LEAKED_REFERENCE] = "leaked-reference",
	[TESTFAULT_NUMBERS_LEFT] = "numbers-left",
	[TESTFAULT_TEARDOWN_BEFORE_DRAIN] = "teardown-before-drain",
	[TESTFAULT_USE_AFTER_UNBIND] = "use-after-unbind",
	[TESTFAULT_TIMER_RESTARTED] = "timer-restarted",
	[TESTFAULT_STALE_EPOLL] = "stale-epoll",
	[TESTFAULT_DOUBLE_TEARDOWN] = "double-teardown",
	[TESTFAULT_LEAK] = "leak",
	[TESTFAULT_LOCK_ORDER] = "lock-order",
	[TESTFAULT_ATOMIC_COPY] = "atomic-copy",
};

enum testfault_fault testfault_fault;
bool testfault_released;

/* The number of references to the module that are kept. */
static atomic_t testfault_kept = ATOMIC_INIT(0);
static struct platform_device *testfault_device;

static int testfault_set_fault(const char *text, const struct kernel_param *kp)
{
	int fault = sysfs_match_string(testfault_names, text);

	if (fault < 0)
		return fault;
	testfault_fault = fault;
	return 0;
}

static int testfault_get_fault(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", testfault_names[testfault_fault]);
}

static const struct kernel_param_ops testfault_fault_ops = {
	.set = testfault_set_fault,
	.get = testfault_get_fault,
};
module_param_cb(fault, &testfault_fault_ops, NULL, 0444);
MODULE_PARM_DESC(fault, "What is wrong with the driver (default: none)");

static bool fence;
module_param(fence, bool, 0444);
MODULE_PARM_DESC(fence, "Register with the fence (default: no)");

unsigned int testfault_work_ms = 1;
module_param_named(work, testfault_work_ms, uint, 0444);
MODULE_PARM_DESC(work, "How long the device works, in ms");

static int testfault_release(const char *text, const struct kernel_param *kp)
{
	int kept = atomic_xchg(&testfault_kept, 0);

	WRITE_ONCE(testfault_released, true);
	while (kept--)
		module_put(THIS_MODULE);
	return 0;
}

static const struct kernel_param_ops testfault_release_ops = {
	.set = testfault_release,
};
module_param_cb(release, &testfault_release_ops, NULL, 0200);
MODULE_PARM_DESC(release, "Written to, it lets go of all that no signal ends");

bool testfault_is(enum testfault_fault fault)
{
	return testfault_fault == fault;
}

/* Returns whether callers do not test that the device is gone. */
static bool testfault_looks_away(void)
{
	return testfault_is(TESTFAULT_WORKS_AFTER) ||
	       testfault_is(TESTFAULT_USE_AFTER_UNBIND);
}

/* Enters. The caller must leave after bounded time. */
int testfault_enter(struct testfault *it)
{
	guard(spinlock)(&it->lock);
	if (it->gone && !testfault_looks_away())
		return -ENODEV;
	it->inside++;
	return 0;
}

void testfault_leave(struct testfault *it)
{
	guard(spinlock)(&it->lock);
	if (!--it->inside)
		wake_up(&it->drained);
}

void testfault_keep_module(void)
{
	__module_get(THIS_MODULE);
	atomic_inc(&testfault_kept);
}

static void testfault_expired(struct timer_list *timer)
{
}

static struct testfault_hw *testfault_alloc_hw(struct device *dev)
{
	struct testfault_hw *hw;

	if (testfault_is(TESTFAULT_USE_AFTER_UNBIND))
		hw = devm_kzalloc(dev, sizeof(*hw), GFP_KERNEL);
	else
		hw = kzalloc_obj(*hw);
	if (!hw)
		return NULL;
	timer_setup(&hw->timer, testfault_expired, 0);
	init_waitqueue_head(&hw->queue);
	return hw;
}

void testfault_free(struct kref *ref)
{
	struct testfault *it = container_of(ref, struct testfault, ref);

	if (testfault_is(TESTFAULT_DOUBLE_TEARDOWN) ||
	    testfault_is(TESTFAULT_WORKS_AFTER))
		kfree(it->hw);
	if (it->page)
		__free_page(it->page);
	kfree(it);
}

static int testfault_probe(struct platform_device *pdev)
{
	struct testfault *it;
	int ret = -ENOMEM;

	it = kzalloc_obj(*it);
	if (!it)
		return -ENOMEM;
	kref_init(&it->ref);
	spin_lock_init(&it->lock);
	INIT_LIST_HEAD(&it->commands);
	init_waitqueue_head(&it->queue);
	init_waitqueue_head(&it->drained);
	mutex_init(&it->state);
	mutex_init(&it->config);
	it->misc.minor = MISC_DYNAMIC_MINOR;
	it->misc.name = TESTFAULT_NAME;
	it->misc.fops = &testfault_fops;
	it->misc.parent = &pdev->dev;
	it->page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	it->hw = testfault_alloc_hw(&pdev->dev);
	if (!it->page || !it->hw)
		goto err_put;
	ret = fence ? misc_register_sync(&it->misc) : misc_register(&it->misc);
	if (ret)
		goto err_put;
	platform_set_drvdata(pdev, it);
	return 0;

err_put:
	if (!testfault_looks_away() && !testfault_is(TESTFAULT_DOUBLE_TEARDOWN))
		kfree(it->hw);
	kref_put(&it->ref, testfault_free);
	return ret;
}

/* Wakes all sleepers and pollers. */
static void testfault_wake(struct testfault *it)
{
	if (!testfault_is(TESTFAULT_NO_WAKE)) {
		wake_up_all(&it->queue);
		wake_up_all(&it->hw->queue);
	}
	kill_fasync(&it->fasync, SIGIO, POLL_HUP);
	if (!testfault_is(TESTFAULT_URING_LOST))
		while (testfault_end_command(it, -ENODEV))
			;
}

/* The last access to the device. */
static void testfault_stop(struct testfault *it)
{
	bool other = testfault_is(TESTFAULT_LOCK_ORDER);

	mutex_lock(other ? &it->config : &it->state);
	mutex_lock(other ? &it->state : &it->config);
	it->hw->value = 0;
	mutex_unlock(&it->config);
	mutex_unlock(&it->state);
}

static void testfault_remove(struct platform_device *pdev)
{
	struct testfault *it = platform_get_drvdata(pdev);

	if (fence)
		misc_deregister_sync(&it->misc);
	mutex_lock(&it->state);
	spin_lock(&it->lock);
	it->gone = true;
	spin_unlock(&it->lock);
	mutex_unlock(&it->state);
	testfault_wake(it);
	if (testfault_is(TESTFAULT_TIMER_RESTARTED))
		timer_delete_sync(&it->hw->timer);
	if (testfault_is(TESTFAULT_TEARDOWN_BEFORE_DRAIN)) {
		timer_shutdown_sync(&it->hw->timer);
		kfree(it->hw);
	}
	if (!testfault_looks_away())
		wait_event(it->drained, !READ_ONCE(it->inside));
	if (!fence)
		misc_deregister(&it->misc);
	if (it->inode) {
		if (!testfault_is(TESTFAULT_NO_ZAP))
			unmap_mapping_range(it->inode->i_mapping, 0, 0, 1);
		iput(it->inode);
	}
	if (!testfault_is(TESTFAULT_TEARDOWN_BEFORE_DRAIN)) {
		testfault_stop(it);
		if (!testfault_is(TESTFAULT_TIMER_RESTARTED))
			timer_shutdown_sync(&it->hw->timer);
		if (testfault_is(TESTFAULT_LEAK))
			it->hw = NULL;
		else if (!testfault_looks_away())
			kfree(it->hw);
	}
	kref_put(&it->ref, testfault_free);
}

static struct platform_driver testfault_driver = {
	.driver = {
		.name = TESTFAULT_NAME,
	},
	.probe = testfault_probe,
	.remove = testfault_remove,
};

static int __init testfault_init(void)
{
	int ret;

	/* They have no user, and testfault_exit() does not release them. */
	if (testfault_is(TESTFAULT_NUMBERS_LEFT)) {
		ret = register_chrdev_region(TESTFAULT_NUMBERS, 1, TESTFAULT_NAME);
		if (ret)
			return ret;
	}
	ret = platform_driver_register(&testfault_driver);
	if (ret)
		return ret;
	testfault_device = platform_device_register_simple(TESTFAULT_NAME, 0, NULL, 0);
	ret = PTR_ERR_OR_ZERO(testfault_device);
	if (ret)
		platform_driver_unregister(&testfault_driver);
	return ret;
}
module_init(testfault_init);

static void __exit testfault_exit(void)
{
	platform_device_unregister(testfault_device);
	platform_driver_unregister(&testfault_driver);
}
module_exit(testfault_exit);

MODULE_DESCRIPTION("A driver with a fault of choice");
MODULE_LICENSE("GPL");
