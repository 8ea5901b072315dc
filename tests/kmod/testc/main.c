// SPDX-License-Identifier: GPL-2.0
/*
 * The devices, and the registrations: with the fence or without.
 */

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <linux/devscope.h>

#include "testc.h"

#define TESTC_NAME	"testc"
#define TESTC_DEVICES	2

static bool fence = true;
module_param(fence, bool, 0444);
MODULE_PARM_DESC(fence, "Register with the fence (default: yes)");

static bool managed;
module_param(managed, bool, 0444);
MODULE_PARM_DESC(managed, "Have the fence go by itself, at the end of the binding");

static bool unsupported;
module_param(unsupported, bool, 0444);
MODULE_PARM_DESC(unsupported, "Have a file operation that the fence does not know");

int testc_opened, testc_released, testc_late, testc_areas;
int testc_thread_result, testc_thread_pending;
module_param_named(opened, testc_opened, int, 0444);
module_param_named(released, testc_released, int, 0444);
module_param_named(late, testc_late, int, 0444);
module_param_named(areas, testc_areas, int, 0444);
module_param_named(thread_result, testc_thread_result, int, 0444);
module_param_named(thread_pending, testc_thread_pending, int, 0444);

static struct platform_device *testc_devices[TESTC_DEVICES];
static struct class *testc_class;
static dev_t testc_numbers;

static void testc_iter_free(struct device *dev)
{
	kfree(container_of(dev, struct testc_iter, dev));
}

static int testc_add_iter(struct testc *testc)
{
	struct testc_iter *iter = kzalloc_obj(*iter);
	int ret;

	if (!iter)
		return -ENOMEM;
	iter->testc = testc;
	device_initialize(&iter->dev);
	iter->dev.class = testc_class;
	iter->dev.parent = &testc->pdev->dev;
	iter->dev.devt = testc_numbers + testc->pdev->id;
	iter->dev.release = testc_iter_free;
	cdev_init(&iter->cdev, &testc_iter_fops);
	iter->cdev.owner = THIS_MODULE;
	ret = dev_set_name(&iter->dev, "%s-iter", testc->name);
	if (!ret && managed)
		ret = devm_cdev_device_add_sync(&testc->pdev->dev, &iter->cdev,
						&iter->dev);
	else if (!ret)
		ret = fence ? cdev_device_add_sync(&iter->cdev, &iter->dev) :
			      cdev_device_add(&iter->cdev, &iter->dev);
	if (ret)
		put_device(&iter->dev);
	else
		testc->iter = iter;
	return ret;
}

static void testc_del_iter(struct testc_iter *iter)
{
	if (managed)
		return;
	if (fence)
		cdev_device_del_sync(&iter->cdev, &iter->dev);
	else
		cdev_device_del(&iter->cdev, &iter->dev);
	put_device(&iter->dev);
}

/* Added first, so devres calls it last. */
static void testc_gone(void *data)
{
	struct testc *testc = data;

	testc->there = false;
	if (managed && testc->iter)
		put_device(&testc->iter->dev);
}

static void testc_free_pages(void *data)
{
	struct testc *testc = data;

	for (int i = 0; i < TESTC_PAGES; i++)
		if (testc->pages[i])
			__free_page(testc->pages[i]);
}

static int testc_alloc_pages(struct testc *testc)
{
	for (int i = 0; i < TESTC_PAGES; i++) {
		testc->pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!testc->pages[i]) {
			testc_free_pages(testc);
			return -ENOMEM;
		}
		*(u32 *)page_address(testc->pages[i]) = i + 1;
	}
	return devm_add_action_or_reset(&testc->pdev->dev, testc_free_pages,
					testc);
}

static int testc_probe(struct platform_device *pdev)
{
	struct testc *testc;
	int ret;

	testc = devm_kzalloc(&pdev->dev, sizeof(*testc), GFP_KERNEL);
	if (!testc)
		return -ENOMEM;
	testc->pdev = pdev;
	testc->there = true;
	ret = devm_add_action_or_reset(&pdev->dev, testc_gone, testc);
	if (ret)
		return ret;
	init_waitqueue_head(&testc->queue);
	mutex_init(&testc->lock);
	platform_set_drvdata(pdev, testc);
	ret = testc_alloc_pages(testc);
	if (ret)
		return ret;
	scnprintf(testc->name, sizeof(testc->name), TESTC_NAME "%d", pdev->id);
	testc->misc.minor = MISC_DYNAMIC_MINOR;
	testc->misc.name = testc->name;
	testc->misc.fops = unsupported ? &testc_unsupported_fops : &testc_fops;
	testc->misc.parent = &pdev->dev;
	ret = testc_add_iter(testc);
	if (ret)
		return ret;
	if (managed)
		return devm_misc_register_sync(&pdev->dev, &testc->misc);
	ret = fence ? misc_register_sync(&testc->misc) :
		      misc_register(&testc->misc);
	if (ret)
		testc_del_iter(testc->iter);
	return ret;
}

static void testc_remove(struct platform_device *pdev)
{
	struct testc *testc = platform_get_drvdata(pdev);

	if (managed)
		return;
	if (fence)
		misc_deregister_sync(&testc->misc);
	else
		misc_deregister(&testc->misc);
	testc_del_iter(testc->iter);
}

static struct platform_driver testc_driver = {
	.driver = {
		.name = TESTC_NAME,
	},
	.probe = testc_probe,
	.remove = testc_remove,
};

static void testc_remove_devices(void)
{
	for (int i = 0; i < TESTC_DEVICES; i++)
		platform_device_unregister(testc_devices[i]);
}

static int testc_add_devices(void)
{
	for (int i = 0; i < TESTC_DEVICES; i++) {
		struct platform_device *pdev =
			platform_device_register_simple(TESTC_NAME, i, NULL, 0);

		if (IS_ERR(pdev)) {
			testc_remove_devices();
			return PTR_ERR(pdev);
		}
		testc_devices[i] = pdev;
	}
	return 0;
}

static int __init testc_init(void)
{
	int ret;

	testc_class = class_create(TESTC_NAME);
	if (IS_ERR(testc_class))
		return PTR_ERR(testc_class);
	ret = alloc_chrdev_region(&testc_numbers, 0, TESTC_DEVICES, TESTC_NAME);
	if (ret)
		goto err_class;
	ret = platform_driver_register(&testc_driver);
	if (ret)
		goto err_numbers;
	ret = testc_add_devices();
	if (ret)
		goto err_driver;
	return 0;

err_driver:
	platform_driver_unregister(&testc_driver);
err_numbers:
	unregister_chrdev_region(testc_numbers, TESTC_DEVICES);
err_class:
	class_destroy(testc_class);
	return ret;
}
module_init(testc_init);

static void __exit testc_exit(void)
{
	testc_remove_devices();
	platform_driver_unregister(&testc_driver);
	unregister_chrdev_region(testc_numbers, TESTC_DEVICES);
	class_destroy(testc_class);
}
module_exit(testc_exit);

MODULE_DESCRIPTION("A C driver that knows nothing of unplug");
MODULE_LICENSE("GPL");
