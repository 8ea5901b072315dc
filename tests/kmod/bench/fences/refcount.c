// SPDX-License-Identifier: GPL-2.0
/*
 * A refcount of the callers inside, and a completion: like debugfs_file_get() and
 * debugfs_file_put() of fs/debugfs/file.c, without cancellations.
 */

#include "fences.h"

static __always_inline bool refcount_enter(struct bench_node *node, int *index)
{
	return refcount_inc_not_zero(&node->counted.users);
}

static __always_inline void refcount_leave(struct bench_node *node, int index)
{
	if (refcount_dec_and_test(&node->counted.users))
		complete(&node->counted.drained);
}

static int refcount_make(struct bench_node *node)
{
	refcount_set(&node->counted.users, 1);
	init_completion(&node->counted.drained);
	return 0;
}

static void refcount_end(struct bench_node *node)
{
	refcount_leave(node, 0);
	wait_for_completion(&node->counted.drained);
}

BENCH_FENCE(refcount, .make = refcount_make, .end = refcount_end);
