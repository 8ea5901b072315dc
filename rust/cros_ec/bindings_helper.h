/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What bindgen reads for the bindings that the kernel's own leave out.
 */

#include <linux/mfd/core.h>
#include <linux/platform_data/cros_ec_chardev.h>
#include <linux/platform_data/cros_ec_commands.h>
#include <linux/platform_data/cros_ec_proto.h>
