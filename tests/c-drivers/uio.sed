# SPDX-License-Identifier: GPL-2.0
# The further changes of uio.c: each device gets its own cdev, instead of one for all.
s/^#include <linux\/uio_driver\.h>/#include "uio_driver_sync.h"/
s/\<ret = device_add(&idev->dev)/cdev_init(\&idev->cdev, \&uio_fops);\
	idev->cdev.owner = THIS_MODULE;\
	ret = cdev_device_add_sync(\&idev->cdev, \&idev->dev)/
s/\<device_del(&idev->dev)/cdev_device_del_sync(\&idev->cdev, \&idev->dev)/
s/\<device_unregister(&idev->dev)/cdev_device_del_sync(\&idev->cdev, \&idev->dev);\
	put_device(\&idev->dev)/
s/\<cdev_add(cdev, uio_dev, UIO_MAX_DEVICES)/0/
s/\<cdev_del(uio_cdev)/kobject_put(\&uio_cdev->kobj)/
