// SPDX-License-Identifier: GPL-2.0
/*
 * SRCU of one device, and a flag: like gdev->srcu and gdev->chip of
 * drivers/gpio/gpiolib-cdev.c. It waits inside, as linereq_read() does.
 */

#include "fences.h"

static __always_inline bool srcu_enter(struct bench_node *node, int *index)
{
	*index = srcu_read_lock(&node->srcu);
	if (!READ_ONCE(node->gone))
		return true;
	srcu_read_unlock(&node->srcu, *index);
	return false;
}

static __always_inline void srcu_leave(struct bench_node *node, int index)
{
	srcu_read_unlock(&node->srcu, index);
}

static int srcu_make(struct bench_node *node)
{
	return init_srcu_struct(&node->srcu);
}

static void srcu_free(struct bench_node *node)
{
	cleanup_srcu_struct(&node->srcu);
}

static void srcu_end(struct bench_node *node)
{
	WRITE_ONCE(node->gone, true);
	synchronize_srcu(&node->srcu);
}

BENCH_FENCE(srcu, .make = srcu_make, .free = srcu_free, .end = srcu_end);
