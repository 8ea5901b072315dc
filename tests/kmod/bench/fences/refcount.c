// SPDX-License-Identifier: GPL-2.0
/*
 * A refcount of those inside, and a completion: as debugfs_file_get() and
 * debugfs_file_put() of fs/debugfs/file.c, without a cancellation.
 */

#include "fences.h"

static __always_inline bool refcount_enter(struct bench_node *node, int *index)
{
	*index = 0;
	return refcount_inc_not_zero(&node->counted.users);
}

static __always_inline void refcount_leave(struct bench_node *node, int index)
{
	if (refcount_dec_and_test(&node->counted.users))
		complete(&node->counted.drained);
}

BENCH_WRITE(refcount)
BENCH_OPERATIONS(refcount);

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

const struct bench_fence bench_refcount = {
	.fops = &refcount_fops,
	.make = refcount_make,
	.add = misc_register,
	.del = misc_deregister,
	.end = refcount_end,
};
