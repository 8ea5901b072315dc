// SPDX-License-Identifier: GPL-2.0

#include <linux/srcu.h>

/* Without a key, lockdep knows the callers inside, but no lock order. */
__devscope_helper int devscope_init_srcu_fast(struct srcu_struct *ssp,
					      const char *name,
					      struct lock_class_key *key)
{
#ifdef CONFIG_DEBUG_LOCK_ALLOC
	return __init_srcu_struct_fast(ssp, name,
				       key ?: &__lockdep_no_validate__);
#else
	return init_srcu_struct_fast(ssp);
#endif
}

/*
 * srcu_read_lock_fast() is for any context, and so is a trylock for lockdep, which
 * has no lock order. This is for tasks, and has the annotation of srcu_read_lock().
 * Without lockdep, both are the same.
 *
 * A per-CPU pointer is an offset. Rust code passes it back as an ordinary pointer. If
 * GCC has named address spaces, a cast between the two has to go through an integer.
 */
__devscope_helper struct srcu_ctr *
devscope_srcu_read_lock_fast(struct srcu_struct *ssp)
{
	struct srcu_ctr __percpu *ctr = srcu_read_lock_fast_notrace(ssp);

	srcu_lock_acquire(&ssp->dep_map);
	return (__force struct srcu_ctr *)(__force unsigned long)ctr;
}

__devscope_helper void devscope_srcu_read_unlock_fast(struct srcu_struct *ssp,
						      struct srcu_ctr *ctr)
{
	srcu_read_unlock_fast(ssp, (__force struct srcu_ctr __percpu *)
			      (__force unsigned long)ctr);
}
