// SPDX-License-Identifier: GPL-2.0
/*
 * The platform device testinput.0 and its driver, which registers the input device.
 */

#include <linux/compiler.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/timer.h>

#include "testinput.h"

static struct platform_device *testinput_device;

static int testinput_open(struct input_dev *input)
{
	struct testinput *it = input_get_drvdata(input);

	return -(int)READ_ONCE(it->fail_open);
}

static int testinput_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct testinput *it;
	int ret;

	it = devm_kzalloc(dev, sizeof(*it), GFP_KERNEL);
	if (!it)
		return -ENOMEM;
	it->input = devm_input_allocate_device(dev);
	if (!it->input)
		return -ENOMEM;
	it->input->open = testinput_open;
	input_set_drvdata(it->input, it);
	platform_set_drvdata(pdev, it);

	ret = testinput_caps(it) ?: testinput_ff(it) ?: input_register_device(it->input);
	if (ret)
		return ret;
	testinput_debugfs(it);
	return 0;
}

/* Events may come until the core has unregistered the device. */
static void testinput_remove(struct platform_device *pdev)
{
	struct testinput *it = platform_get_drvdata(pdev);

	input_unregister_device(it->input);
	debugfs_remove_recursive(it->debugfs);
	/* A late key event may have started autorepeat. */
	timer_delete_sync(&it->input->timer);
}

static struct platform_driver testinput_driver = {
	.driver = {
		.name = TESTINPUT_NAME,
	},
	.probe = testinput_probe,
	.remove = testinput_remove,
};

static int __init testinput_init(void)
{
	int ret = platform_driver_register(&testinput_driver);

	if (ret)
		return ret;
	testinput_device = platform_device_register_simple(TESTINPUT_NAME, 0, NULL, 0);
	ret = PTR_ERR_OR_ZERO(testinput_device);
	if (ret)
		platform_driver_unregister(&testinput_driver);
	return ret;
}
module_init(testinput_init);

static void __exit testinput_exit(void)
{
	platform_device_unregister(testinput_device);
	platform_driver_unregister(&testinput_driver);
}
module_exit(testinput_exit);

MODULE_DESCRIPTION("An input device to test the handlers of");
MODULE_LICENSE("GPL");
