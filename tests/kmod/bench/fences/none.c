// SPDX-License-Identifier: GPL-2.0
/*
 * No fence. The node is removed, and open files still work: if a driver freed the data
 * that they use, this would be a use after free.
 */

#include "fences.h"

static __always_inline bool none_enter(struct bench_node *node, int *index)
{
	return true;
}

static __always_inline void none_leave(struct bench_node *node, int index)
{
}

BENCH_FENCE(none);
