/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What bindgen reads for the bindings that the kernel's own leave out.
 */

#include <linux/input.h>
#include <linux/input/mt.h>
#include <linux/major.h>
