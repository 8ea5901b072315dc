// SPDX-License-Identifier: GPL-2.0
/*
 * A mutex and a flag, as in ioctl() and write() of drivers/input/evdev.c, user copies
 * included. A sleeper does not hold the mutex, tests the flag, and is woken at the end:
 * evdev_read() and evdev_hangup().
 */

#include "fences.h"

static __always_inline bool mutex_enter(struct bench_node *node, int *index)
{
	mutex_lock(&node->mutex);
	if (!node->gone)
		return true;
	mutex_unlock(&node->mutex);
	return false;
}

static __always_inline void mutex_leave(struct bench_node *node, int index)
{
	mutex_unlock(&node->mutex);
}

static ssize_t mutex_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct bench_node *node = bench_node(iocb->ki_filp);
	struct iov_iter begin = *from;
	ssize_t ret;
	int index = 0;
	u32 ms;

	if (!mutex_enter(node, &index))
		return -ENODEV;
	ret = bench_number(from, &ms);
	if (ret > 0 && ms) {
		*from = begin;
		ret = bench_work(node, from);
	}
	mutex_leave(node, index);
	if (ret < 0 || ms)
		return ret;
	if (wait_event_interruptible(node->queue, READ_ONCE(node->gone)))
		return -ERESTARTSYS;
	return -ENODEV;
}

static int mutex_make(struct bench_node *node)
{
	mutex_init(&node->mutex);
	return 0;
}

static void mutex_end(struct bench_node *node)
{
	scoped_guard(mutex, &node->mutex)
		WRITE_ONCE(node->gone, true);
	wake_up_all(&node->queue);
}

BENCH_FENCE_BUT_WRITE(mutex, .make = mutex_make, .end = mutex_end);
