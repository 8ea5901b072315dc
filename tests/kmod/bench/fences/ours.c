// SPDX-License-Identifier: GPL-2.0
/*
 * The driver of none.c, registered by misc_register_sync()
 * (include/linux/devscope.h).
 */

#include <linux/devscope.h>

#include "fences.h"

static __always_inline bool ours_enter(struct bench_node *node, int *index)
{
	return true;
}

static __always_inline void ours_leave(struct bench_node *node, int index)
{
}

static int ours_add(struct miscdevice *misc)
{
	return misc_register_sync(misc);
}

BENCH_FENCE(ours, .add = ours_add, .del = misc_deregister_sync);
