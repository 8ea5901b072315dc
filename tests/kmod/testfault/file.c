// SPDX-License-Identifier: GPL-2.0
/*
 * The file operations. Without a fault, no caller is inside while it copies user memory
 * or sleeps.
 */

#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "testfault.h"

/* The largest number of unread events. */
#define TESTFAULT_EVENTS	16

struct testfault *testfault_of(struct file *file)
{
	return container_of(file->private_data, struct testfault, misc);
}

/* Under misc_mtx, which misc_deregister() takes: the binding still holds its reference. */
static int testfault_open(struct inode *inode, struct file *file)
{
	struct testfault *it = testfault_of(file);
	int ret = testfault_enter(it);

	if (ret)
		return ret;
	kref_get(&it->ref);
	if (!it->inode)
		it->inode = igrab(inode);
	testfault_leave(it);
	return nonseekable_open(inode, file);
}

static int testfault_close(struct inode *inode, struct file *file)
{
	kref_put(&testfault_of(file)->ref, testfault_free);
	return 0;
}

/*
 * Makes the device work. The caller is inside. A timer in freed memory could put the CPU
 * into an endless loop, so it is not started with faults that free the memory too early.
 */
static u32 testfault_work(struct testfault *it)
{
	fsleep(1000 * testfault_work_ms);
	if (!testfault_is(TESTFAULT_TEARDOWN_BEFORE_DRAIN) &&
	    !testfault_is(TESTFAULT_USE_AFTER_UNBIND))
		mod_timer(&it->hw->timer, jiffies + HZ / 2);
	return ++it->hw->value;
}

/* Takes an event, if there is one. */
static bool testfault_take(struct testfault *it)
{
	guard(spinlock)(&it->lock);
	if (!it->events)
		return false;
	it->events--;
	return true;
}

/* Sleeps inside. */
static int testfault_wait_inside(struct testfault *it)
{
	int ret = testfault_enter(it);

	if (ret)
		return ret;
	switch (testfault_fault) {
	case TESTFAULT_WAIT_KILLABLE:
		ret = wait_event_killable(it->queue, READ_ONCE(it->events));
		break;
	case TESTFAULT_WAIT_UNINTERRUPTIBLE:
		while (!wait_event_timeout(it->queue, READ_ONCE(it->events) ||
					   READ_ONCE(testfault_released),
					   HZ / 10))
			;
		ret = READ_ONCE(testfault_released) ? -ENODEV : 0;
		break;
	default:
		ret = wait_event_interruptible(it->queue, READ_ONCE(it->events));
	}
	testfault_leave(it);
	return ret;
}

/* Sleeps until there is an event, or the device is gone. */
static int testfault_wait(struct testfault *it)
{
	bool locks = testfault_is(TESTFAULT_LOCK_ACROSS_WAIT);
	int ret = 0;

	switch (testfault_fault) {
	case TESTFAULT_WAIT_INSIDE:
	case TESTFAULT_WAIT_KILLABLE:
	case TESTFAULT_WAIT_UNINTERRUPTIBLE:
		return testfault_wait_inside(it);
	default:
		break;
	}
	if (locks)
		ret = mutex_lock_interruptible(&it->state);
	if (ret)
		return ret;
	ret = wait_event_interruptible(it->queue, READ_ONCE(it->events) ||
				       READ_ONCE(it->gone));
	if (locks)
		mutex_unlock(&it->state);
	if (!ret && READ_ONCE(it->gone))
		return -ENODEV;
	return ret;
}

static ssize_t testfault_read(struct file *file, char __user *user, size_t len,
			      loff_t *pos)
{
	bool keeps = testfault_is(TESTFAULT_LOCK_ACROSS_COPY);
	struct testfault *it = testfault_of(file);
	ssize_t ret;
	u32 value;

	if (len < sizeof(value))
		return len ? -EINVAL : 0;
	for (;;) {
		ret = testfault_enter(it);
		if (ret)
			return ret;
		if (testfault_take(it))
			break;
		testfault_leave(it);
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = testfault_wait(it);
		if (ret)
			return ret;
	}
	value = testfault_work(it);
	if (!keeps)
		testfault_leave(it);
	ret = copy_to_user(user, &value, sizeof(value)) ? -EFAULT : sizeof(value);
	if (keeps)
		testfault_leave(it);
	return ret;
}

/* Creates an event, which ends a command, or else can be read. */
static ssize_t testfault_write(struct file *file, const char __user *user,
			       size_t len, loff_t *pos)
{
	struct testfault *it = testfault_of(file);
	int ret;

	ret = testfault_enter(it);
	if (ret)
		return ret;
	if (!testfault_end_command(it, 0)) {
		spin_lock(&it->lock);
		if (it->events < TESTFAULT_EVENTS)
			it->events++;
		spin_unlock(&it->lock);
	}
	wake_up(&it->queue);
	wake_up(&it->hw->queue);
	kill_fasync(&it->fasync, SIGIO, POLL_IN);
	testfault_leave(it);
	return len;
}

static __poll_t testfault_poll(struct file *file, poll_table *table)
{
	bool says = !testfault_is(TESTFAULT_NO_HUP);
	struct testfault *it = testfault_of(file);
	__poll_t events = EPOLLOUT | EPOLLWRNORM;

	if (!testfault_is(TESTFAULT_STALE_EPOLL))
		poll_wait(file, &it->queue, table);
	if (testfault_enter(it))
		return says ? EPOLLHUP | EPOLLERR : 0;
	if (testfault_is(TESTFAULT_STALE_EPOLL))
		poll_wait(file, &it->hw->queue, table);
	if (READ_ONCE(it->events))
		events |= EPOLLIN | EPOLLRDNORM;
	testfault_leave(it);
	return events;
}

/* Asks the device. The caller is inside. */
static int testfault_ask(struct testfault *it, void *echo)
{
	if (mutex_lock_interruptible(&it->state))
		return -ERESTARTSYS;
	mutex_lock(&it->config);
	memcpy(echo, &it->hw->value, sizeof(it->hw->value));
	mutex_unlock(&it->config);
	mutex_unlock(&it->state);
	return 0;
}

static int testfault_copy_out(struct testfault *it, void __user *user, const void *echo)
{
	bool atomic = testfault_is(TESTFAULT_ATOMIC_COPY);
	int ret;

	if (atomic)
		spin_lock(&it->lock);
	ret = copy_to_user(user, echo, TESTFAULT_ECHO_SIZE) ? -EFAULT : 0;
	if (atomic)
		spin_unlock(&it->lock);
	return ret;
}

static int testfault_echo(struct testfault *it, void __user *user)
{
	bool keeps = testfault_is(TESTFAULT_LOCK_ACROSS_COPY);
	u8 echo[TESTFAULT_ECHO_SIZE];
	int ret;

	ret = keeps ? testfault_enter(it) : 0;
	if (ret)
		return ret;
	ret = copy_from_user(echo, user, sizeof(echo)) ? -EFAULT : 0;
	if (ret && testfault_is(TESTFAULT_LEAKED_REFERENCE))
		testfault_keep_module();
	if (!ret && !keeps)
		ret = testfault_enter(it);
	if (ret)
		goto out;
	ret = testfault_ask(it, echo);
	if (!keeps)
		testfault_leave(it);
	if (!ret)
		ret = testfault_copy_out(it, user, echo);
out:
	if (keeps)
		testfault_leave(it);
	return ret;
}

static long testfault_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct testfault *it = testfault_of(file);
	int ret;

	switch (cmd) {
	case TESTFAULT_WORK:
		ret = testfault_enter(it);
		if (ret)
			return ret;
		testfault_work(it);
		testfault_leave(it);
		return 0;
	case TESTFAULT_ECHO:
		return testfault_echo(it, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static int testfault_fasync(int fd, struct file *file, int on)
{
	struct testfault *it = testfault_of(file);

	return fasync_helper(fd, file, on, &it->fasync);
}

const struct file_operations testfault_fops = {
	.owner = THIS_MODULE,
	.open = testfault_open,
	.release = testfault_close,
	.read = testfault_read,
	.write = testfault_write,
	.poll = testfault_poll,
	.unlocked_ioctl = testfault_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.fasync = testfault_fasync,
	.mmap_prepare = testfault_mmap_prepare,
	.uring_cmd = testfault_uring_cmd,
};
