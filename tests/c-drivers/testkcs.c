// SPDX-License-Identifier: GPL-2.0
/*
 * An interface of a BMC to its host, on the platform device testkcs.0. No host writes to
 * its registers.
 */

#include <linux/module.h>
#include <linux/platform_device.h>

#include "kcs_bmc_device.h"

#define TESTKCS_NAME	"testkcs"

struct testkcs {
	struct kcs_bmc_device bmc;
	u8 registers[3];
};

static struct platform_device *testkcs_device;

static u8 *testkcs_register(struct kcs_bmc_device *bmc, u32 reg)
{
	return &container_of(bmc, struct testkcs, bmc)->registers[reg];
}

static void testkcs_mask(struct kcs_bmc_device *bmc, u8 mask, u8 enable)
{
}

static u8 testkcs_input(struct kcs_bmc_device *bmc, u32 reg)
{
	return *testkcs_register(bmc, reg);
}

static void testkcs_output(struct kcs_bmc_device *bmc, u32 reg, u8 value)
{
	*testkcs_register(bmc, reg) = value;
}

static void testkcs_update(struct kcs_bmc_device *bmc, u32 reg, u8 mask, u8 value)
{
	u8 *place = testkcs_register(bmc, reg);

	*place = (*place & ~mask) | value;
}

static const struct kcs_bmc_device_ops testkcs_ops = {
	.irq_mask_update = testkcs_mask,
	.io_inputb = testkcs_input,
	.io_outputb = testkcs_output,
	.io_updateb = testkcs_update,
};

static int testkcs_probe(struct platform_device *pdev)
{
	struct testkcs *kcs;

	kcs = devm_kzalloc(&pdev->dev, sizeof(*kcs), GFP_KERNEL);
	if (!kcs)
		return -ENOMEM;
	kcs->bmc.dev = &pdev->dev;
	kcs->bmc.channel = 1;
	kcs->bmc.ioreg = (struct kcs_ioreg){ .idr = 0, .odr = 1, .str = 2 };
	kcs->bmc.ops = &testkcs_ops;
	platform_set_drvdata(pdev, kcs);
	return kcs_bmc_add_device(&kcs->bmc);
}

static void testkcs_remove(struct platform_device *pdev)
{
	struct testkcs *kcs = platform_get_drvdata(pdev);

	kcs_bmc_remove_device(&kcs->bmc);
}

static struct platform_driver testkcs_driver = {
	.driver = {
		.name = TESTKCS_NAME,
	},
	.probe = testkcs_probe,
	.remove = testkcs_remove,
};

static int __init testkcs_init(void)
{
	int ret = platform_driver_register(&testkcs_driver);

	if (ret)
		return ret;
	testkcs_device = platform_device_register_simple(TESTKCS_NAME, 0, NULL, 0);
	ret = PTR_ERR_OR_ZERO(testkcs_device);
	if (ret)
		platform_driver_unregister(&testkcs_driver);
	return ret;
}
module_init(testkcs_init);

static void __exit testkcs_exit(void)
{
	platform_device_unregister(testkcs_device);
	platform_driver_unregister(&testkcs_driver);
}
module_exit(testkcs_exit);

MODULE_DESCRIPTION("An interface of a BMC that goes away");
MODULE_LICENSE("GPL");
