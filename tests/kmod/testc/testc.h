/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A C driver that ignores unplug: its data is freed with the device, and open files
 * point to it. Its devices are testc.0 and testc.1 on the platform bus, each with a
 * misc device /dev/testcN and a character device /dev/testcN-iter.
 *
 * Its parameters include counters, which start when it is loaded.
 */
#ifndef _TESTC_H
#define _TESTC_H

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/ioctl.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/poll.h>
#include <linux/wait.h>

/* Waits for an event that never happens, and returns the result of the wait. */
#define TESTC_WAIT	_IO(0xC7, 0)
/* The same, and returns -EINTR. */
#define TESTC_EINTR	_IO(0xC7, 1)
/* Waits again when it is interrupted, as often as the argument says. */
#define TESTC_AGAIN	_IO(0xC7, 2)
/* Waits in devscope_wait_event_interruptible(). */
#define TESTC_OWN	_IO(0xC7, 3)
/* Locks a mutex that TESTC_HOLD has locked, interruptibly. */
#define TESTC_LOCK	_IO(0xC7, 4)
#define TESTC_HOLD	_IO(0xC7, 5)
/* Sleeps uninterruptibly, for the milliseconds in the argument. */
#define TESTC_BUSY	_IO(0xC7, 6)
/* Returns whether a signal is pending. */
#define TESTC_PENDING	_IO(0xC7, 7)
/* Makes a kernel thread call TESTC_WAIT on this file. */
#define TESTC_THREAD	_IO(0xC7, 8)
/* Does nothing. */
#define TESTC_NOTHING	_IO(0xC7, 9)
/* Gives the file its own wait queue for pollers, in addition to that of the device. */
#define TESTC_QUEUE	_IO(0xC7, 10)
/* Frees this queue, after telling its pollers with POLLFREE. */
#define TESTC_UNQUEUE	_IO(0xC7, 11)

#define TESTC_PAGES	4

struct testc {
	struct platform_device *pdev;
	bool there;
	struct mutex lock;
	wait_queue_head_t queue;
	char data[16];
	size_t count;
	struct fasync_struct *fasync;
	struct page *pages[TESTC_PAGES];
	char name[16];
	struct miscdevice misc;
	struct testc_iter *iter;
};

/* The character device, which outlives the driver's data. */
struct testc_iter {
	struct device dev;
	struct cdev cdev;
	struct testc *testc;
};

/* An open file of either. */
struct testc_file {
	struct testc *testc;
	bool holds;
	wait_queue_head_t *queue;
};

/* The counters. */
extern int testc_opened, testc_released, testc_late, testc_areas;
extern int testc_thread_result, testc_thread_pending;

extern const struct file_operations testc_fops, testc_iter_fops;
extern const struct file_operations testc_unsupported_fops;

/* Returns whether there is a device. If there is none, counts the call in testc_late. */
bool testc_is_there(struct testc *testc);
int testc_open_file(struct testc *testc, struct file *file);
int testc_release(struct inode *inode, struct file *file);
__poll_t testc_poll(struct file *file, poll_table *table);
int testc_fasync(int fd, struct file *file, int on);
int testc_mmap(struct file *file, struct vm_area_struct *vma);
int testc_mmap_prepare(struct vm_area_desc *desc);
int testc_run_thread(struct file *file);

#endif /* _TESTC_H */
