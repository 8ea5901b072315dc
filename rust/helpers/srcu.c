// SPDX-License-Identifier: GPL-2.0

#include <linux/srcu.h>

__devscope_helper int devscope_init_srcu_fast(struct srcu_struct *ssp,
					      const char *name,
					      struct lock_class_key *key)
{
#ifdef CONFIG_DEBUG_LOCK_ALLOC
	return __init_srcu_struct_fast(ssp, name, key);
#else
	return init_srcu_struct_fast(ssp);
#endif
}

/*
 * A per-CPU pointer is an offset. It passes through Rust, which only hands it
 * back, as an ordinary pointer.
 */
__devscope_helper struct srcu_ctr *
devscope_srcu_read_lock_fast(struct srcu_struct *ssp)
{
	return (__force struct srcu_ctr *)srcu_read_lock_fast(ssp);
}

__devscope_helper void devscope_srcu_read_unlock_fast(struct srcu_struct *ssp,
						      struct srcu_ctr *ctr)
{
	srcu_read_unlock_fast(ssp, (__force struct srcu_ctr __percpu *)ctr);
}
