// SPDX-License-Identifier: GPL-2.0
/*
 * One SRCU for all devices, and a flag: like drm_unplug_srcu and dev->unplugged of
 * drivers/gpu/drm/drm_drv.c. It is held throughout, as RegistrationGuard of
 * rust/kernel/drm does for each ioctl().
 */

#include "fences.h"

DEFINE_STATIC_SRCU(unplug_srcu);

static __always_inline bool global_srcu_enter(struct bench_node *node, int *index)
{
	*index = srcu_read_lock(&unplug_srcu);
	if (!READ_ONCE(node->gone))
		return true;
	srcu_read_unlock(&unplug_srcu, *index);
	return false;
}

static __always_inline void global_srcu_leave(struct bench_node *node, int index)
{
	srcu_read_unlock(&unplug_srcu, index);
}

static void global_srcu_end(struct bench_node *node)
{
	WRITE_ONCE(node->gone, true);
	synchronize_srcu(&unplug_srcu);
}

BENCH_FENCE(global_srcu, .end = global_srcu_end);
