// SPDX-License-Identifier: GPL-2.0
/*
 * An rwsem that is held throughout, waits included, and a flag: like ec_dev_sem and
 * ec_dev of drivers/platform/chrome/cros_ec_chardev.c.
 */

#include "fences.h"

static __always_inline bool rwsem_enter(struct bench_node *node, int *index)
{
	down_read(&node->rwsem);
	if (!node->gone)
		return true;
	up_read(&node->rwsem);
	return false;
}

static __always_inline void rwsem_leave(struct bench_node *node, int index)
{
	up_read(&node->rwsem);
}

static int rwsem_make(struct bench_node *node)
{
	init_rwsem(&node->rwsem);
	return 0;
}

static void rwsem_end(struct bench_node *node)
{
	scoped_guard(rwsem_write, &node->rwsem)
		node->gone = true;
}

BENCH_FENCE(rwsem, .make = rwsem_make, .end = rwsem_end);
