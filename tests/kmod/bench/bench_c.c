// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/bench-c: ways to access a revocable value in C. See bench.h.
 */

#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/srcu.h>
#include <linux/uaccess.h>

#include "bench.h"

DEFINE_STATIC_SRCU_FAST(srcu);
static DECLARE_RWSEM(rwsem);
static bool revoked;
static u32 value;

/* The compiler barrier prevents unrolling of the loop. It is no instruction. */
#define bench_time(pass) ({						\
	u32 __left = BENCH_LOOPS;					\
	ktime_t __start = ktime_get();					\
									\
	OPTIMIZER_HIDE_VAR(__left);					\
	for (; __left; __left--) {					\
		pass;							\
		barrier();						\
	}								\
	ktime_to_ns(ktime_sub(ktime_get(), __start));			\
})

/* The time of passes with two operations, minus that of passes with one. */
#define bench_cost(operation) ({					\
	s64 __one = bench_time(operation);				\
	s64 __two = bench_time(operation; barrier(); operation);	\
									\
	max(__two - __one, 0LL);					\
})

static noinline u64 bench_plain(void)
{
	return bench_cost(READ_ONCE(value));
}

static noinline u64 bench_srcu_fast(void)
{
	struct srcu_ctr __percpu *ctr;

	return bench_cost(ctr = srcu_read_lock_fast(&srcu);
			  READ_ONCE(value);
			  srcu_read_unlock_fast(&srcu, ctr));
}

static noinline u64 bench_srcu_fast_flag(void)
{
	struct srcu_ctr __percpu *ctr;

	return bench_cost(ctr = srcu_read_lock_fast(&srcu);
			  (void)(READ_ONCE(revoked) ? 0 : READ_ONCE(value));
			  srcu_read_unlock_fast(&srcu, ctr));
}

static noinline u64 bench_rwsem(void)
{
	return bench_cost(down_read(&rwsem);
			  READ_ONCE(value);
			  up_read(&rwsem));
}

static u64 (*const bench_ways[])(void) = {
	bench_plain,
	bench_srcu_fast,
	bench_srcu_fast_flag,
	bench_rwsem,
};

static long bench_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	u64 __user *user = (u64 __user *)arg;
	u64 way;

	if (cmd != BENCH_MEASURE)
		return -ENOTTY;
	if (get_user(way, user))
		return -EFAULT;
	if (way >= ARRAY_SIZE(bench_ways))
		return -EINVAL;
	return put_user(bench_ways[way](), user);
}

static const struct file_operations bench_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = bench_ioctl,
};

static struct miscdevice bench_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bench-c",
	.fops = &bench_fops,
};
module_misc_device(bench_misc);

MODULE_DESCRIPTION("What fences cost in C");
MODULE_LICENSE("GPL");
