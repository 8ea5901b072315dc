// SPDX-License-Identifier: GPL-2.0
/*
 * An I2C adapter on the platform device testi2c.0: a byte of a device on it is the
 * command that asks for it.
 */

#include <linux/i2c.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#define TESTI2C_NAME	"testi2c"

static struct platform_device *testi2c_device;

static s32 testi2c_xfer(struct i2c_adapter *adapter, u16 addr,
			unsigned short flags, char read_write, u8 command,
			int size, union i2c_smbus_data *data)
{
	if (size != I2C_SMBUS_BYTE_DATA)
		return -EOPNOTSUPP;
	if (read_write == I2C_SMBUS_READ)
		data->byte = command;
	return 0;
}

static u32 testi2c_functionality(struct i2c_adapter *adapter)
{
	return I2C_FUNC_SMBUS_BYTE_DATA;
}

static const struct i2c_algorithm testi2c_algorithm = {
	.smbus_xfer = testi2c_xfer,
	.functionality = testi2c_functionality,
};

static int testi2c_probe(struct platform_device *pdev)
{
	struct i2c_adapter *adapter;

	adapter = devm_kzalloc(&pdev->dev, sizeof(*adapter), GFP_KERNEL);
	if (!adapter)
		return -ENOMEM;
	adapter->owner = THIS_MODULE;
	adapter->algo = &testi2c_algorithm;
	adapter->dev.parent = &pdev->dev;
	strscpy(adapter->name, TESTI2C_NAME);
	platform_set_drvdata(pdev, adapter);
	return i2c_add_adapter(adapter);
}

static void testi2c_remove(struct platform_device *pdev)
{
	i2c_del_adapter(platform_get_drvdata(pdev));
}

static struct platform_driver testi2c_driver = {
	.driver = {
		.name = TESTI2C_NAME,
	},
	.probe = testi2c_probe,
	.remove = testi2c_remove,
};

static int __init testi2c_init(void)
{
	int ret = platform_driver_register(&testi2c_driver);

	if (ret)
		return ret;
	testi2c_device = platform_device_register_simple(TESTI2C_NAME, 0, NULL, 0);
	ret = PTR_ERR_OR_ZERO(testi2c_device);
	if (ret)
		platform_driver_unregister(&testi2c_driver);
	return ret;
}
module_init(testi2c_init);

static void __exit testi2c_exit(void)
{
	platform_device_unregister(testi2c_device);
	platform_driver_unregister(&testi2c_driver);
}
module_exit(testi2c_exit);

MODULE_DESCRIPTION("An I2C adapter that goes away");
MODULE_LICENSE("GPL");
