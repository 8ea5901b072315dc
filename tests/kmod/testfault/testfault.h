/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A driver that gets unplug right, by hand and without the fence, but for one mistake:
 * the one that its parameter "fault" names. devscope-torture has to find each of them,
 * and nothing where there is none; Documentation/torture.rst has the table. With the
 * parameter "fence" it registers with the fence in addition.
 */
#ifndef TESTFAULT_H
#define TESTFAULT_H

#include <linux/kref.h>
#include <linux/ioctl.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/types.h>
#include <linux/wait.h>

#define TESTFAULT_NAME	"testfault"

/* The size of what TESTFAULT_ECHO gives back. */
#define TESTFAULT_ECHO_SIZE	64

/* The device works for a moment. */
#define TESTFAULT_WORK	_IO(0xdf, 0x00)
/* Gives back what it got, with the device's register at its beginning. */
#define TESTFAULT_ECHO	_IOWR(0xdf, 0x01, __u8[TESTFAULT_ECHO_SIZE])

/**
 * enum testfault_fault - What the driver does wrong.
 * @TESTFAULT_NONE: Nothing.
 * @TESTFAULT_NO_WAKE: remove() wakes nobody.
 * @TESTFAULT_NO_HUP: poll() does not say that the device has gone.
 * @TESTFAULT_WAIT_INSIDE: A sleeper is inside, and does not wait for the end as well.
 * @TESTFAULT_WAIT_KILLABLE: The same, and only what kills it ends its sleep.
 * @TESTFAULT_WAIT_UNINTERRUPTIBLE: The same, and no signal does.
 * @TESTFAULT_LOCK_ACROSS_WAIT: A sleeper holds a lock that remove() takes.
 * @TESTFAULT_LOCK_ACROSS_COPY: A caller is inside while it copies user memory.
 * @TESTFAULT_URING_LOST: A command that waits is not ended.
 * @TESTFAULT_NO_ZAP: What is mapped stays.
 * @TESTFAULT_WORKS_AFTER: Nothing looks whether the device has gone, and its memory goes
 *	with the last file.
 * @TESTFAULT_LEAKED_REFERENCE: A call that fails keeps a reference to the module.
 * @TESTFAULT_NUMBERS_LEFT: The module keeps device numbers when it is unloaded.
 * @TESTFAULT_TEARDOWN_BEFORE_DRAIN: The device's memory goes before its callers.
 * @TESTFAULT_USE_AFTER_UNBIND: Nothing looks whether the device has gone, and its memory
 *	goes with the binding.
 * @TESTFAULT_TIMER_RESTARTED: The timer is deleted before callers that start it have gone.
 * @TESTFAULT_STALE_EPOLL: Pollers are on a queue that goes with the binding.
 * @TESTFAULT_DOUBLE_TEARDOWN: The device's memory goes with the binding, and with the
 *	last file once more.
 * @TESTFAULT_LEAK: It does not go at all.
 * @TESTFAULT_LOCK_ORDER: remove() takes two locks the other way round.
 * @TESTFAULT_ATOMIC_COPY: User memory is copied under a spinlock.
 */
enum testfault_fault {
	TESTFAULT_NONE,
	TESTFAULT_NO_WAKE,
	TESTFAULT_NO_HUP,
	TESTFAULT_WAIT_INSIDE,
	TESTFAULT_WAIT_KILLABLE,
	TESTFAULT_WAIT_UNINTERRUPTIBLE,
	TESTFAULT_LOCK_ACROSS_WAIT,
	TESTFAULT_LOCK_ACROSS_COPY,
	TESTFAULT_URING_LOST,
	TESTFAULT_NO_ZAP,
	TESTFAULT_WORKS_AFTER,
	TESTFAULT_LEAKED_REFERENCE,
	TESTFAULT_NUMBERS_LEFT,
	TESTFAULT_TEARDOWN_BEFORE_DRAIN,
	TESTFAULT_USE_AFTER_UNBIND,
	TESTFAULT_TIMER_RESTARTED,
	TESTFAULT_STALE_EPOLL,
	TESTFAULT_DOUBLE_TEARDOWN,
	TESTFAULT_LEAK,
	TESTFAULT_LOCK_ORDER,
	TESTFAULT_ATOMIC_COPY,
};

/**
 * struct testfault_hw - What goes with the binding.
 * @timer: Started by each work.
 * @queue: Pollers, where they are not on that of struct testfault.
 * @value: A register.
 */
struct testfault_hw {
	struct timer_list timer;
	wait_queue_head_t queue;
	u32 value;
};

/**
 * struct testfault - What open files have.
 * @ref: The binding's reference, and one of each open file.
 * @misc: The node.
 * @lock: Protects what follows.
 * @gone: The device has gone: nobody gets inside.
 * @inside: How many are.
 * @events: How many events can be read.
 * @commands: Commands of io_uring that wait for an event.
 * @queue: Sleepers and pollers.
 * @drained: remove(), which waits until nobody is inside.
 * @state: A lock for what the device does.
 * @config: Another one, within @state.
 * @fasync: Who gets SIGIO.
 * @inode: The node's, which has all mappings; NULL before it was opened.
 * @page: What is mapped.
 * @hw: What goes with the binding; only to be used inside.
 */
struct testfault {
	struct kref ref;
	struct miscdevice misc;
	spinlock_t lock;
	bool gone;
	unsigned int inside;
	unsigned int events;
	struct list_head commands;
	wait_queue_head_t queue;
	wait_queue_head_t drained;
	struct mutex state;
	struct mutex config;
	struct fasync_struct *fasync;
	struct inode *inode;
	struct page *page;
	struct testfault_hw *hw;
};

struct io_uring_cmd;

/* main.c */
extern enum testfault_fault testfault_fault;
extern unsigned int testfault_work_ms;
extern bool testfault_released;
bool testfault_is(enum testfault_fault fault);
int testfault_enter(struct testfault *it);
void testfault_leave(struct testfault *it);
void testfault_keep_module(void);
void testfault_free(struct kref *ref);

/* file.c */
extern const struct file_operations testfault_fops;
struct testfault *testfault_of(struct file *file);

/* map.c */
int testfault_mmap_prepare(struct vm_area_desc *desc);

/* command.c */
int testfault_uring_cmd(struct io_uring_cmd *command, unsigned int flags);
bool testfault_end_command(struct testfault *it, int result);

#endif
