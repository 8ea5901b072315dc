// SPDX-License-Identifier: GPL-2.0
/*
 * A device of uio's on the platform device testuio.0: a page to map, and no
 * interrupt ever. The page stays while the module is loaded, so that it does no harm
 * to have it mapped for longer than the device is there.
 */

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/uio_driver.h>

#define TESTUIO_NAME	"testuio"

static struct platform_device *testuio_device;
static struct page *testuio_page;

static int testuio_probe(struct platform_device *pdev)
{
	struct uio_info *info;

	info = devm_kzalloc(&pdev->dev, sizeof(*info), GFP_KERNEL);
	if (!info)
		return -ENOMEM;
	info->name = TESTUIO_NAME;
	info->version = "1";
	info->irq = UIO_IRQ_CUSTOM;
	info->mem[0].addr = page_to_phys(testuio_page);
	info->mem[0].size = PAGE_SIZE;
	info->mem[0].memtype = UIO_MEM_IOVA;
	platform_set_drvdata(pdev, info);
	return uio_register_device(&pdev->dev, info);
}

static void testuio_remove(struct platform_device *pdev)
{
	uio_unregister_device(platform_get_drvdata(pdev));
}

static struct platform_driver testuio_driver = {
	.driver = {
		.name = TESTUIO_NAME,
	},
	.probe = testuio_probe,
	.remove = testuio_remove,
};

static int __init testuio_init(void)
{
	int ret;

	testuio_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!testuio_page)
		return -ENOMEM;
	*(u32 *)page_address(testuio_page) = 7;
	ret = platform_driver_register(&testuio_driver);
	if (ret)
		goto err_page;
	testuio_device = platform_device_register_simple(TESTUIO_NAME, 0, NULL, 0);
	ret = PTR_ERR_OR_ZERO(testuio_device);
	if (ret)
		goto err_driver;
	return 0;

err_driver:
	platform_driver_unregister(&testuio_driver);
err_page:
	__free_page(testuio_page);
	return ret;
}
module_init(testuio_init);

static void __exit testuio_exit(void)
{
	platform_device_unregister(testuio_device);
	platform_driver_unregister(&testuio_driver);
	__free_page(testuio_page);
}
module_exit(testuio_exit);

MODULE_DESCRIPTION("A device of uio's that goes away");
MODULE_LICENSE("GPL");
