// SPDX-License-Identifier: GPL-2.0
/*
 * The platform device testec.0 and its driver, which registers the EC with the core; and
 * testec/ in debugfs.
 *
 * A write() to testec/raise is an event, its type and then its payload. It has been delivered when
 * write() returns. A number written to testec/hello makes the kernel send this many
 * EC_CMD_HELLO: to measure the cost of commands without a character device.
 */

#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cros_ec.h"
#include "testec.h"

#define TESTEC_NAME	"testec"

bool testec_pd;
module_param_named(pd, testec_pd, bool, 0444);
MODULE_PARM_DESC(pd, "There is a PD chip behind the EC, /dev/cros_pd");

static struct platform_device *testec_device;

static ssize_t testec_raise_write(struct file *file, const char __user *user, size_t len,
				  loff_t *ppos)
{
	struct testec *ec = file->private_data;
	u8 bytes[1 + TESTEC_PAYLOAD_MAX];
	struct testec_run event = { .left = 1 };
	int ret;

	if (!len || len > sizeof(bytes))
		return -EINVAL;
	if (copy_from_user(bytes, user, len))
		return -EFAULT;
	event.type = bytes[0] & EC_MKBP_EVENT_TYPE_MASK;
	event.len = len - 1;
	memcpy(event.data, bytes + 1, event.len);
	ret = testec_events_raise(ec, &event);
	return ret ?: len;
}

static const struct file_operations testec_raise_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = testec_raise_write,
};

static int testec_hello_set(void *data, u64 count)
{
	struct testec *ec = data;
	struct ec_params_hello hello = {};
	struct ec_response_hello answer;
	int ret = 0;

	while (count-- && ret >= 0 && !fatal_signal_pending(current))
		ret = cros_ec_cmd(ec->ec_dev, 0, EC_CMD_HELLO, &hello, sizeof(hello),
				  &answer, sizeof(answer));
	return min(ret, 0);
}
DEFINE_DEBUGFS_ATTRIBUTE(testec_hello_fops, NULL, testec_hello_set, "%llu\n");

static int testec_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct cros_ec_device *ec_dev;
	struct testec *ec;
	int ret;

	ec = devm_kzalloc(dev, sizeof(*ec), GFP_KERNEL);
	if (!ec)
		return -ENOMEM;
	ret = devm_mutex_init(dev, &ec->lock) ?: devm_mutex_init(dev, &ec->deliver);
	if (ret)
		return ret;
	ec_dev = cros_ec_device_alloc(dev);
	if (!ec_dev)
		return -ENOMEM;
	ec->ec_dev = ec_dev;
	testec_events_init(ec);
	testec_memory_reset(ec);
	ec_dev->phys_name = dev_name(dev);
	ec_dev->pkt_xfer = testec_pkt_xfer;
	ec_dev->cmd_readmem = testec_memory_read;
	ec_dev->priv = ec;
	platform_set_drvdata(pdev, ec_dev);

	ret = cros_ec_register(ec_dev);
	if (ret) {
		testec_events_stop(ec);
		return ret;
	}
	testec_events_start(ec);
	ec->debugfs = debugfs_create_dir(TESTEC_NAME, NULL);
	debugfs_create_file("raise", 0200, ec->debugfs, ec, &testec_raise_fops);
	debugfs_create_file("hello", 0200, ec->debugfs, ec, &testec_hello_fops);
	return 0;
}

/* Events may come until the core has unregistered the EC. */
static void testec_remove(struct platform_device *pdev)
{
	struct cros_ec_device *ec_dev = platform_get_drvdata(pdev);
	struct testec *ec = ec_dev->priv;

	cros_ec_unregister(ec_dev);
	debugfs_remove_recursive(ec->debugfs);
	testec_events_stop(ec);
}

static struct platform_driver testec_driver = {
	.driver = {
		.name = TESTEC_NAME,
	},
	.probe = testec_probe,
	.remove = testec_remove,
};

static int __init testec_init(void)
{
	int ret = platform_driver_register(&testec_driver);

	if (ret)
		return ret;
	testec_device = platform_device_register_simple(TESTEC_NAME, 0, NULL, 0);
	ret = PTR_ERR_OR_ZERO(testec_device);
	if (ret)
		platform_driver_unregister(&testec_driver);
	return ret;
}
module_init(testec_init);

static void __exit testec_exit(void)
{
	platform_device_unregister(testec_device);
	platform_driver_unregister(&testec_driver);
}
module_exit(testec_exit);

MODULE_DESCRIPTION("An embedded controller to test the drivers of");
MODULE_LICENSE("GPL");
