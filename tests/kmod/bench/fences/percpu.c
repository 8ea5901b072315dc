// SPDX-License-Identifier: GPL-2.0
/*
 * A per-CPU reference that is killed at the end: lib/percpu-refcount.c, as
 * blk_try_enter_queue() of block/blk.h takes the q_usage_counter of a disk's queue.
 */

#include "fences.h"

static __always_inline bool percpu_enter(struct bench_node *node, int *index)
{
	return percpu_ref_tryget_live(&node->counted.ref);
}

static __always_inline void percpu_leave(struct bench_node *node, int index)
{
	percpu_ref_put(&node->counted.ref);
}

static void percpu_drained(struct percpu_ref *ref)
{
	complete(&container_of(ref, struct bench_node, counted.ref)->counted.drained);
}

static int percpu_make(struct bench_node *node)
{
	init_completion(&node->counted.drained);
	return percpu_ref_init(&node->counted.ref, percpu_drained, 0, GFP_KERNEL);
}

static void percpu_free(struct bench_node *node)
{
	percpu_ref_exit(&node->counted.ref);
}

static void percpu_end(struct bench_node *node)
{
	percpu_ref_kill(&node->counted.ref);
	wait_for_completion(&node->counted.drained);
}

BENCH_FENCE(percpu, .make = percpu_make, .free = percpu_free, .end = percpu_end);
