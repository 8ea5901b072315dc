// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/testcN: read() sleeps until there is data from write().
 */

#include <linux/delay.h>
#include <linux/filelock.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <linux/devscope.h>

#include "testc.h"

bool testc_is_there(struct testc *testc)
{
	if (!testc->there)
		testc_late++;
	return testc->there;
}

int testc_open_file(struct testc *testc, struct file *file)
{
	struct testc_file *open = kzalloc_obj(*open);

	if (!open)
		return -ENOMEM;
	open->testc = testc;
	file->private_data = open;
	testc_is_there(testc);
	testc_opened++;
	return 0;
}

static ssize_t testc_other_read(struct file *file, char __user *user, size_t len,
				loff_t *pos)
{
	struct testc_file *open = file->private_data;

	return testc_is_there(open->testc) ? -EBADE : -EIO;
}

static unsigned long testc_other_area(struct file *file, unsigned long addr,
				      unsigned long len, unsigned long pgoff,
				      unsigned long flags)
{
	struct testc_file *open = file->private_data;

	return testc_is_there(open->testc) ? -EBADE : -EIO;
}

static const struct file_operations testc_other_fops = {
	.owner = THIS_MODULE,
	.release = testc_release,
	.read = testc_other_read,
	.mmap = testc_mmap,
	.get_unmapped_area = testc_other_area,
};

/* With O_DSYNC, a file has the operations testc_unsupported_fops. */
static int testc_open(struct inode *inode, struct file *file)
{
	struct miscdevice *misc = file->private_data;
	int ret = testc_open_file(container_of(misc, struct testc, misc), file);

	if (!ret && (file->f_flags & O_DSYNC))
		replace_fops(file, fops_get(&testc_other_fops));
	return ret;
}

int testc_release(struct inode *inode, struct file *file)
{
	struct testc_file *open = file->private_data;

	testc_is_there(open->testc);
	testc_released++;
	if (open->holds)
		mutex_unlock(&open->testc->lock);
	testc_fasync(-1, file, 0);
	kfree(open->queue);
	kfree(open);
	return 0;
}

static ssize_t testc_read(struct file *file, char __user *user, size_t len,
			  loff_t *pos)
{
	struct testc_file *open = file->private_data;
	struct testc *testc = open->testc;
	int ret;

	ret = wait_event_interruptible(testc->queue, testc->count);
	if (ret)
		return ret;
	len = min(len, testc->count);
	if (copy_to_user(user, testc->data, len))
		return -EFAULT;
	testc->count = 0;
	return len;
}

static ssize_t testc_write(struct file *file, const char __user *user,
			   size_t len, loff_t *pos)
{
	struct testc_file *open = file->private_data;
	struct testc *testc = open->testc;

	if (!testc_is_there(testc))
		return -EIO;
	len = min(len, sizeof(testc->data));
	if (copy_from_user(testc->data, user, len))
		return -EFAULT;
	testc->count = len;
	wake_up_interruptible(&testc->queue);
	kill_fasync(&testc->fasync, SIGIO, POLL_IN);
	return len;
}

__poll_t testc_poll(struct file *file, poll_table *table)
{
	struct testc_file *open = file->private_data;

	poll_wait(file, &open->testc->queue, table);
	if (open->queue)
		poll_wait(file, open->queue, table);
	return open->testc->count ? EPOLLIN | EPOLLRDNORM : 0;
}

static int testc_make_queue(struct testc_file *open)
{
	if (open->queue)
		return -EBUSY;
	open->queue = kzalloc_obj(*open->queue);
	if (!open->queue)
		return -ENOMEM;
	init_waitqueue_head(open->queue);
	return 0;
}

static int testc_free_queue(struct testc_file *open)
{
	if (!open->queue)
		return -ENOENT;
	__wake_up(open->queue, TASK_NORMAL, 0, poll_to_key(EPOLLHUP | POLLFREE));
	synchronize_rcu();
	kfree(open->queue);
	open->queue = NULL;
	return 0;
}

static int testc_wait(struct testc *testc)
{
	return wait_event_interruptible(testc->queue, !testc->there);
}

static long testc_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct testc_file *open = file->private_data;
	struct testc *testc = open->testc;
	int ret;

	if (!testc_is_there(testc))
		return -EIO;
	switch (cmd) {
	case TESTC_NOTHING:
		return 0;
	case TESTC_WAIT:
		return testc_wait(testc);
	case TESTC_EINTR:
		return testc_wait(testc) ? -EINTR : 0;
	case TESTC_AGAIN:
		do {
			/* After an interruption, it must call schedule() again. */
			ret = testc_wait(testc);
			msleep(20);
		} while (ret && arg--);
		return ret;
	case TESTC_OWN:
		return devscope_wait_event_interruptible(file, testc->queue,
							 !testc->there);
	case TESTC_HOLD:
		mutex_lock(&testc->lock);
		ret = testc_wait(testc);
		mutex_unlock(&testc->lock);
		return ret;
	case TESTC_LOCK:
		ret = mutex_lock_interruptible(&testc->lock);
		if (!ret)
			mutex_unlock(&testc->lock);
		return ret;
	case TESTC_BUSY:
		msleep(arg);
		return 0;
	case TESTC_PENDING:
		return signal_pending(current);
	case TESTC_THREAD:
		return testc_run_thread(file);
	case TESTC_QUEUE:
		return testc_make_queue(open);
	case TESTC_UNQUEUE:
		return testc_free_queue(open);
	default:
		return -ENOTTY;
	}
}

static int testc_flush(struct file *file, fl_owner_t owner)
{
	struct testc_file *open = file->private_data;

	testc_is_there(open->testc);
	return -EIO;
}

static int testc_fsync(struct file *file, loff_t start, loff_t end, int datasync)
{
	struct testc_file *open = file->private_data;

	return testc_is_there(open->testc) ? -EBADE : -EIO;
}

int testc_fasync(int fd, struct file *file, int on)
{
	struct testc_file *open = file->private_data;

	return fasync_helper(fd, file, on, &open->testc->fasync);
}

static loff_t testc_llseek(struct file *file, loff_t offset, int whence)
{
	struct testc_file *open = file->private_data;

	return testc_is_there(open->testc) ? 1000 + offset : -EIO;
}

static int testc_lock(struct file *file, int cmd, struct file_lock *lock)
{
	struct testc_file *open = file->private_data;

	testc_is_there(open->testc);
	return posix_lock_file(file, lock, NULL);
}

static int testc_flock(struct file *file, int cmd, struct file_lock *lock)
{
	struct testc_file *open = file->private_data;

	testc_is_there(open->testc);
	return locks_lock_file_wait(file, lock);
}

static int testc_fadvise(struct file *file, loff_t offset, loff_t len, int advice)
{
	struct testc_file *open = file->private_data;

	return testc_is_there(open->testc) ? -EBADE : -EIO;
}

static void testc_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct testc_file *open = file->private_data;

	if (testc_is_there(open->testc))
		seq_printf(m, "testc:\t%s\n", open->testc->name);
}

const struct file_operations testc_fops = {
	.owner = THIS_MODULE,
	.open = testc_open,
	.release = testc_release,
	.read = testc_read,
	.write = testc_write,
	.poll = testc_poll,
	.unlocked_ioctl = testc_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.flush = testc_flush,
	.fsync = testc_fsync,
	.fasync = testc_fasync,
	.llseek = testc_llseek,
	.lock = testc_lock,
	.flock = testc_flock,
	.fadvise = testc_fadvise,
	.show_fdinfo = testc_show_fdinfo,
	.mmap = testc_mmap,
};

/* Called without a struct file. */
static int testc_check_flags(int flags)
{
	return 0;
}

const struct file_operations testc_unsupported_fops = {
	.owner = THIS_MODULE,
	.check_flags = testc_check_flags,
};
