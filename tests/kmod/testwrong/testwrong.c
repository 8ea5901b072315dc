// SPDX-License-Identifier: GPL-2.0
/*
 * Three small drivers, each with a mistake that drivers make about unplug. Each has a
 * misc device on testwrong.0, and the parameter "fence" says how they register it.
 */

#include <linux/delay.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/timer.h>

#include <linux/devscope.h>

#define TESTWRONG_NAME	"testwrong"

/* How long an operation is inside, in ms. */
#define TESTWRONG_TIME	500

static bool fence = true;
module_param(fence, bool, 0444);
MODULE_PARM_DESC(fence, "Register with the fence (default: yes)");

struct testwrong {
	struct miscdevice misc;
	struct timer_list timer;
	char value;
};

/* Those of a device. */
struct testwrong_all {
	struct testwrong *freed, *timer, *devm;
};

static struct platform_device *testwrong_device;

static struct testwrong *testwrong_of(struct file *file)
{
	return container_of(file->private_data, struct testwrong, misc);
}

/* One: remove() frees what a file operation uses, which is inside. */
static ssize_t testwrong_freed_read(struct file *file, char __user *user, size_t len,
				    loff_t *pos)
{
	struct testwrong *wrong = testwrong_of(file);

	msleep(TESTWRONG_TIME);
	return wrong->value;
}

static const struct file_operations testwrong_freed_fops = {
	.owner = THIS_MODULE,
	.read = testwrong_freed_read,
};

/* Two: remove() deletes the timer, and a file operation starts it again. */
static void testwrong_expired(struct timer_list *timer)
{
	struct testwrong *wrong = timer_container_of(wrong, timer, timer);

	wrong->value = 0;
}

static ssize_t testwrong_timer_read(struct file *file, char __user *user, size_t len,
				    loff_t *pos)
{
	struct testwrong *wrong = testwrong_of(file);

	msleep(TESTWRONG_TIME);
	mod_timer(&wrong->timer, jiffies + 1);
	return 0;
}

static const struct file_operations testwrong_timer_fops = {
	.owner = THIS_MODULE,
	.read = testwrong_timer_read,
};

/* Three: a file is open for longer than the binding, and so than devres memory. */
static ssize_t testwrong_devm_read(struct file *file, char __user *user, size_t len,
				   loff_t *pos)
{
	return testwrong_of(file)->value;
}

static const struct file_operations testwrong_devm_fops = {
	.owner = THIS_MODULE,
	.read = testwrong_devm_read,
};

static int testwrong_register(struct testwrong *wrong, struct device *parent,
			      const char *name, const struct file_operations *fops)
{
	wrong->misc.minor = MISC_DYNAMIC_MINOR;
	wrong->misc.name = name;
	wrong->misc.fops = fops;
	wrong->misc.parent = parent;
	timer_setup(&wrong->timer, testwrong_expired, 0);
	return fence ? misc_register_sync(&wrong->misc) :
		       misc_register(&wrong->misc);
}

static void testwrong_deregister(struct testwrong *wrong)
{
	if (fence)
		misc_deregister_sync(&wrong->misc);
	else
		misc_deregister(&wrong->misc);
}

static int testwrong_probe(struct platform_device *pdev)
{
	struct testwrong_all *all;
	int ret = -ENOMEM;

	all = devm_kzalloc(&pdev->dev, sizeof(*all), GFP_KERNEL);
	if (!all)
		return -ENOMEM;
	platform_set_drvdata(pdev, all);
	all->devm = devm_kzalloc(&pdev->dev, sizeof(*all->devm), GFP_KERNEL);
	all->freed = kzalloc_obj(*all->freed);
	all->timer = kzalloc_obj(*all->timer);
	if (!all->devm || !all->freed || !all->timer)
		goto err_free;
	ret = testwrong_register(all->freed, &pdev->dev, TESTWRONG_NAME "-freed",
				 &testwrong_freed_fops);
	if (ret)
		goto err_free;
	ret = testwrong_register(all->timer, &pdev->dev, TESTWRONG_NAME "-timer",
				 &testwrong_timer_fops);
	if (ret)
		goto err_freed;
	ret = testwrong_register(all->devm, &pdev->dev, TESTWRONG_NAME "-devm",
				 &testwrong_devm_fops);
	if (ret)
		goto err_timer;
	return 0;

err_timer:
	testwrong_deregister(all->timer);
err_freed:
	testwrong_deregister(all->freed);
err_free:
	kfree(all->timer);
	kfree(all->freed);
	return ret;
}

static void testwrong_remove(struct platform_device *pdev)
{
	struct testwrong_all *all = platform_get_drvdata(pdev);

	testwrong_deregister(all->freed);
	kfree(all->freed);
	testwrong_deregister(all->timer);
	timer_delete_sync(&all->timer->timer);
	kfree(all->timer);
	testwrong_deregister(all->devm);
}

static struct platform_driver testwrong_driver = {
	.driver = {
		.name = TESTWRONG_NAME,
	},
	.probe = testwrong_probe,
	.remove = testwrong_remove,
};

static int __init testwrong_init(void)
{
	int ret = platform_driver_register(&testwrong_driver);

	if (ret)
		return ret;
	testwrong_device = platform_device_register_simple(TESTWRONG_NAME, 0, NULL, 0);
	ret = PTR_ERR_OR_ZERO(testwrong_device);
	if (ret)
		platform_driver_unregister(&testwrong_driver);
	return ret;
}
module_init(testwrong_init);

static void __exit testwrong_exit(void)
{
	platform_device_unregister(testwrong_device);
	platform_driver_unregister(&testwrong_driver);
}
module_exit(testwrong_exit);

MODULE_DESCRIPTION("Mistakes that drivers make");
MODULE_LICENSE("GPL");
