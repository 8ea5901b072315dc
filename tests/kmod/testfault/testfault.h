/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A driver that implements unplug correctly, by hand and without the fence, except for
 * the fault that its parameter "fault" names. devscope-torture has to find each fault,
 * and to report nothing without a fault; Documentation/torture.rst has the table. With
 * the parameter "fence", it also registers with the fence.
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

/* The size of the buffer of TESTFAULT_ECHO. */
#define TESTFAULT_ECHO_SIZE	64

/* Makes the device work for a moment. */
#define TESTFAULT_WORK	_IO(0xdf, 0x00)
/* Returns the buffer, with the device's register at its start. */
#define TESTFAULT_ECHO	_IOWR(0xdf, 0x01, __u8[TESTFAULT_ECHO_SIZE])

/**
 * enum testfault_fault - What the driver does wrong.
 * @TESTFAULT_NONE: Nothing.
 * @TESTFAULT_NO_WAKE: remove() does not wake sleepers.
 * @TESTFAULT_NO_HUP: poll() does not report that the device is gone.
 * @TESTFAULT_WAIT_INSIDE: A sleeper is inside, and its condition ignores unplug.
 * @TESTFAULT_WAIT_KILLABLE: The same, and only a fatal signal ends its sleep.
 * @TESTFAULT_WAIT_UNINTERRUPTIBLE: The same, and no signal ends it.
 * @TESTFAULT_LOCK_ACROSS_WAIT: A sleeper holds a lock that remove() takes.
 * @TESTFAULT_LOCK_ACROSS_COPY: A caller is inside while it copies user memory.
 * @TESTFAULT_URING_LOST: remove() does not end commands that wait.
 * @TESTFAULT_NO_ZAP: remove() does not zap mappings.
 * @TESTFAULT_WORKS_AFTER: No caller tests that the device is gone; its memory is freed
 *	with the last file.
 * @TESTFAULT_LEAKED_REFERENCE: A call that fails keeps a reference to the module.
 * @TESTFAULT_NUMBERS_LEFT: The module keeps device numbers when it is unloaded.
 * @TESTFAULT_TEARDOWN_BEFORE_DRAIN: The device's memory is freed before callers have left.
 * @TESTFAULT_USE_AFTER_UNBIND: No caller tests that the device is gone; its memory is
 *	freed at unbind.
 * @TESTFAULT_TIMER_RESTARTED: The timer is deleted before callers that start it have left.
 * @TESTFAULT_STALE_EPOLL: Pollers are on a queue that is freed at unbind.
 * @TESTFAULT_DOUBLE_TEARDOWN: The device's memory is freed at unbind, and again with the
 *	last file.
 * @TESTFAULT_LEAK: The device's memory is never freed.
 * @TESTFAULT_LOCK_ORDER: remove() takes two locks in the opposite order.
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
 * struct testfault_hw - The device's memory, which is freed at unbind.
 * @timer: Started whenever the device works.
 * @queue: Pollers, with TESTFAULT_STALE_EPOLL.
 * @value: A register.
 */
struct testfault_hw {
	struct timer_list timer;
	wait_queue_head_t queue;
	u32 value;
};

/**
 * struct testfault - The data that open files use.
 * @ref: Held by the binding and by each open file.
 * @misc: The node.
 * @lock: Protects the following members.
 * @gone: The device is gone: no caller may enter.
 * @inside: The number of callers inside.
 * @events: The number of unread events.
 * @commands: io_uring commands that wait for an event.
 * @queue: Sleepers and pollers.
 * @drained: remove(), which waits until nobody is inside.
 * @state: A lock for the work of the device.
 * @config: Another lock, which nests inside @state.
 * @fasync: The files that get SIGIO.
 * @inode: The node's inode, which has all mappings; NULL before it was opened.
 * @page: The page that is mapped.
 * @hw: The device's memory; only to be used inside.
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
