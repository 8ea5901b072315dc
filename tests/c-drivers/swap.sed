# SPDX-License-Identifier: GPL-2.0
# All changes of a driver.
s/\<misc_register(/misc_register_sync(/
s/\<misc_deregister(/misc_deregister_sync(/
s/\<cdev_device_add(/cdev_device_add_sync(/
s/\<cdev_device_del(/cdev_device_del_sync(/
s/^#include <linux\/module.h>/&\
#include <linux\/devscope.h>/
