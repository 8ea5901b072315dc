// SPDX-License-Identifier: GPL-2.0
/*
 * Nothing. The node is removed, and what is open goes on: a driver that frees what it
 * uses has a use after free.
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
