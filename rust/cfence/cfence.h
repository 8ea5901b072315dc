/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fence of C drivers. The interface for drivers is include/linux/devscope.h.
 *
 * A registration has a fence, and each open file has its own table of file
 * operations, which replaces the driver's. Each operation in it stores the task in a
 * place of its CPU, and tests whether the registration has ended; then it calls the
 * driver:
 *
 *	caller					closer
 *	  put itself into a place		  end, on every CPU
 *	  ended? out, ENODEV			  wake pollers, send SIGIO
 *	  ... the driver's operation ...	  until all places are empty:
 *	  take itself out			    interrupt those that are there
 *						  zap mappings, release files
 *
 * Both sides have a full barrier between their two steps. So either the caller sees
 * the end, or the closer sees the caller and waits for it. A place is a word of a
 * cache line that only its CPU writes, except after a task was migrated.
 *
 * An operation is interrupted as by task_work_add(TWA_SIGNAL), without a work:
 * signal_pending() is true, and an interruptible sleep ends, but there is no signal.
 */
#ifndef _DEVSCOPE_CFENCE_H
#define _DEVSCOPE_CFENCE_H

#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/wait.h>

#define pr_fence(level, fence, fmt, ...) \
	pr_##level("devscope: %s: " fmt, (fence)->name, ##__VA_ARGS__)

struct devscope_mappings;

/* The content of a place: a task, and flags for the closer. */
#define DEVSCOPE_GENTLY		1UL	/* interrupt only after some time */
#define DEVSCOPE_INTERRUPTED	2UL	/* the closer has interrupted it */
#define DEVSCOPE_FLAGS		(DEVSCOPE_GENTLY | DEVSCOPE_INTERRUPTED)

/* The places of a CPU: a cache line. */
struct devscope_places {
	unsigned long task[7];
	unsigned long ended;
} __aligned(64);

/* Further places, if all of a CPU are taken. */
struct devscope_more_places {
	struct devscope_more_places *next;
	unsigned long task[31];
};

/* A registration. Its user and each of its open files have a reference. */
struct devscope_fence {
	struct kref ref;
	struct hlist_node node;
	const void *key;		/* the miscdevice or cdev */
	char *name;
	const struct file_operations *theirs;
	struct file_operations table;	/* that of files at open */
	bool ended;
	struct devscope_places __percpu *places;
	struct devscope_more_places *more;
	struct mutex lock;		/* protects `files` and their content */
	struct list_head files;
	wait_queue_head_t released;
	struct fasync_struct *fasync;
	struct lockdep_map map;
};

/* A wait queue of the driver, and the one that pollers are on instead. */
struct devscope_relay {
	struct devscope_relay *next;
	wait_queue_head_t *theirs;
	wait_queue_head_t pollers;
	struct wait_queue_entry entry;
};

/* An open file. */
struct devscope_file {
	struct file_operations table;
	const struct file_operations *theirs;
	struct devscope_places __percpu *places;
	struct devscope_fence *fence;
	struct file *file;
	struct list_head link;		/* on `files`, until it is released */
	bool released;
	bool fasync;
	struct devscope_relay *relays;
	struct devscope_relay first_relay;
	struct devscope_mappings *mappings;
};

static __always_inline struct devscope_file *devscope_file(const struct file *file)
{
	return container_of(file->f_op, struct devscope_file, table);
}

/* inside.c */
unsigned long *devscope_join_elsewhere(struct devscope_file *open,
				       unsigned long me);
long devscope_interrupted(long ret);
void devscope_drain(struct devscope_fence *fence);
void devscope_free_places(struct devscope_fence *fence);

/* table.c */
int devscope_make_table(struct file_operations *table,
			const struct file_operations *theirs);
bool devscope_wrap_all(void *ours, const void *theirs, const void *all,
		       size_t size);

/* file.c */
int devscope_open(struct devscope_fence *fence, struct inode *inode,
		  struct file *file, const struct file_operations *entry);
int devscope_release(struct inode *inode, struct file *file);
void devscope_end(struct devscope_fence *fence);
struct devscope_fence *devscope_fence_get(const void *key);
void devscope_fence_put(struct devscope_fence *fence);

/* poll.c */
__poll_t devscope_poll(struct file *file, poll_table *table);
void devscope_wake_pollers(struct devscope_file *open);
void devscope_detach_relays(struct devscope_file *open);
void devscope_free_relays(struct devscope_file *open);

/* vm.c */
void devscope_close_areas(struct devscope_file *open);

/* mapping.c */
int devscope_mmap(struct file *file, struct vm_area_struct *vma);
int devscope_mmap_prepare(struct vm_area_desc *desc);
int devscope_init_mappings(struct devscope_file *open, struct inode *inode);
bool devscope_owns_mappings(const struct devscope_file *open);
void devscope_zap(struct devscope_file *open);
void devscope_free_mappings(struct devscope_file *open, struct inode *inode);

/* Stores the caller in one of @places or, if all are taken, elsewhere. */
static __always_inline unsigned long *
devscope_join(struct devscope_file *open, struct devscope_places *places,
	      unsigned long flags)
{
	unsigned long me = (unsigned long)current | flags;

	/* Has a full barrier. */
	if (likely(!cmpxchg(&places->task[0], 0, me)))
		return &places->task[0];
	return devscope_join_elsewhere(open, me);
}

/*
 * Removes the caller. Returns the result of an operation whose driver returned @ret.
 */
static __always_inline long devscope_quit(unsigned long *place, long ret)
{
	if (unlikely(xchg(place, 0) & DEVSCOPE_INTERRUPTED))
		ret = devscope_interrupted(ret);
	return ret;
}

/*
 * Enters, or returns NULL if the registration has ended. May sleep, if many other
 * callers are inside.
 */
static __always_inline unsigned long *devscope_enter(struct devscope_file *open,
						     unsigned long flags)
{
	/* The task may migrate before this is used. */
	struct devscope_places *places = raw_cpu_ptr(open->places);
	unsigned long *place = devscope_join(open, places, flags);

	if (likely(!READ_ONCE(places->ended))) {
		/*
		 * The class belongs to the driver, and is valid as long as the
		 * driver.
		 */
		lock_map_acquire_read(&open->fence->map);
		return place;
	}
	devscope_quit(place, 0);
	return NULL;
}

/*
 * As devscope_enter(), but tries only the first place: it needs few registers. If it
 * returns false, call devscope_give_up() with @place.
 */
static __always_inline bool devscope_try_enter(struct devscope_file *open,
					       unsigned long flags,
					       unsigned long **place)
{
	struct devscope_places *places = raw_cpu_ptr(open->places);
	unsigned long me = (unsigned long)current | flags;
	unsigned long nobody = 0;

	*place = &places->task[0];
	if (unlikely(!try_cmpxchg(*place, &nobody, me))) {
		*place = NULL;
		return false;
	}
	if (unlikely(READ_ONCE(places->ended)))
		return false;
	lock_map_acquire_read(&open->fence->map);
	return true;
}

static inline void devscope_give_up(unsigned long *place)
{
	if (place)
		devscope_quit(place, 0);
}

/* Leaves; see devscope_quit(). */
static __always_inline long devscope_leave(struct devscope_file *open,
					   unsigned long *place, long ret)
{
	lock_map_release(&open->fence->map);
	return devscope_quit(place, ret);
}

#endif /* _DEVSCOPE_CFENCE_H */
