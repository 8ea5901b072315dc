// SPDX-License-Identifier: GPL-2.0
/*
 * An atomic count of the callers inside, which a bias makes negative at the end: the
 * active reference of fs/kernfs/dir.c, with one queue for all drains.
 */

#include "fences.h"

#define DEACTIVATED_BIAS	(INT_MIN + 1)

static DECLARE_WAIT_QUEUE_HEAD(deactivated);

static __always_inline bool active_enter(struct bench_node *node, int *index)
{
	return atomic_inc_unless_negative(&node->active);
}

static __always_inline void active_leave(struct bench_node *node, int index)
{
	if (unlikely(atomic_dec_return(&node->active) == DEACTIVATED_BIAS))
		wake_up_all(&deactivated);
}

static int active_make(struct bench_node *node)
{
	atomic_set(&node->active, 0);
	return 0;
}

static void active_end(struct bench_node *node)
{
	atomic_add(DEACTIVATED_BIAS, &node->active);
	wait_event(deactivated, atomic_read(&node->active) == DEACTIVATED_BIAS);
}

BENCH_FENCE(active, .make = active_make, .end = active_end);
