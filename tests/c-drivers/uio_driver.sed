# SPDX-License-Identifier: GPL-2.0
# Adds the cdev to the device.
/^struct uio_device {/a\
	struct cdev		cdev;
s/^#include <linux\/device\.h>/&\
#include <linux\/cdev.h>/
