/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fences: they keep the file operations of a character device from using a device that
 * is gone. The driver behind each is the same: read() and ioctl() do nothing, poll()
 * names a wait queue, and write() works or sleeps.
 *
 * Each fence is a file here, which names the source that it follows.
 */
#ifndef _BENCH_FENCES_H
#define _BENCH_FENCES_H

#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/percpu-refcount.h>
#include <linux/poll.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/srcu.h>
#include <linux/uio.h>
#include <linux/wait.h>

struct bench_node;

struct bench_fence {
	const struct file_operations *fops;
	/* Allocates what the fence needs in a node, and frees it. Both are optional. */
	int (*make)(struct bench_node *node);
	void (*free)(struct bench_node *node);
	/* Replace misc_register() and misc_deregister(). */
	int (*add)(struct miscdevice *misc);
	void (*del)(struct miscdevice *misc);
	/* Refuses new callers, and waits for those inside. Called after del(). */
	void (*end)(struct bench_node *node);
};

/* A misc device. Its device and each of its open files hold a reference. */
struct bench_node {
	struct kref ref;
	const struct bench_fence *fence;
	struct miscdevice misc;
	wait_queue_head_t queue;
	bool gone;
	union {
		struct rw_semaphore rwsem;
		struct mutex mutex;
		struct srcu_struct srcu;
		atomic_t active;
		struct {
			union {
				refcount_t users;
				struct percpu_ref ref;
			};
			struct completion drained;
		} counted;
	};
};

extern const struct bench_fence bench_none, bench_rwsem, bench_mutex, bench_srcu,
	bench_global_srcu, bench_active, bench_refcount, bench_percpu, bench_ours;

/* main.c */
int bench_open(struct inode *inode, struct file *file);
int bench_release(struct inode *inode, struct file *file);
ssize_t bench_work(struct bench_node *node, struct iov_iter *from);
ssize_t bench_number(struct iov_iter *from, u32 *number);

static inline struct bench_node *bench_node(const struct file *file)
{
	return container_of(file->private_data, struct bench_node, misc);
}

/* The driver's part of poll(), inside. */
static inline __poll_t bench_ready(struct bench_node *node, struct file *file,
				   poll_table *table)
{
	poll_wait(file, &node->queue, table);
	return EPOLLIN | EPOLLRDNORM;
}

/*
 * The fence @name, with the other members of its struct bench_fence. NAME_enter()
 * returns whether the caller may enter, and may store a number for NAME_leave(). The
 * fence has its own NAME_write_iter().
 */
#define BENCH_FENCE_BUT_WRITE(name, ...)				\
static ssize_t name##_read_iter(struct kiocb *iocb, struct iov_iter *to)	\
{									\
	struct bench_node *node = bench_node(iocb->ki_filp);		\
	int index = 0;							\
									\
	if (!name##_enter(node, &index))				\
		return -ENODEV;						\
	name##_leave(node, index);					\
	return 0;							\
}									\
									\
static long name##_ioctl(struct file *file, unsigned int cmd,		\
			 unsigned long arg)				\
{									\
	struct bench_node *node = bench_node(file);			\
	int index = 0;							\
									\
	if (!name##_enter(node, &index))				\
		return -ENODEV;						\
	name##_leave(node, index);					\
	return 0;							\
}									\
									\
static __poll_t name##_poll(struct file *file, poll_table *table)	\
{									\
	struct bench_node *node = bench_node(file);			\
	__poll_t ready;							\
	int index = 0;							\
									\
	if (!name##_enter(node, &index))				\
		return EPOLLHUP | EPOLLERR;				\
	ready = bench_ready(node, file, table);				\
	name##_leave(node, index);					\
	return ready;							\
}									\
									\
static const struct file_operations name##_fops = {			\
	.owner = THIS_MODULE,						\
	.open = bench_open,						\
	.release = bench_release,					\
	.read_iter = name##_read_iter,					\
	.write_iter = name##_write_iter,				\
	.poll = name##_poll,						\
	.unlocked_ioctl = name##_ioctl,					\
};									\
									\
const struct bench_fence bench_##name = {				\
	.fops = &name##_fops,						\
	__VA_ARGS__							\
}

/* The same, with a write() that is inside throughout. */
#define BENCH_FENCE(name, ...)						\
static ssize_t name##_write_iter(struct kiocb *iocb, struct iov_iter *from)	\
{									\
	struct bench_node *node = bench_node(iocb->ki_filp);		\
	ssize_t ret;							\
	int index = 0;							\
									\
	if (!name##_enter(node, &index))				\
		return -ENODEV;						\
	ret = bench_work(node, from);					\
	name##_leave(node, index);					\
	return ret;							\
}									\
									\
BENCH_FENCE_BUT_WRITE(name, ##__VA_ARGS__)

#endif /* _BENCH_FENCES_H */
