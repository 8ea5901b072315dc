# SPDX-License-Identifier: GPL-2.0
# Makes room for that in the device.
/^struct uio_device {/a\
	struct cdev		cdev;
s/^#include <linux\/device\.h>/&\
#include <linux\/cdev.h>/
