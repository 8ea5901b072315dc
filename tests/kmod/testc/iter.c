// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/testcN-iter: file operations that cannot be in one table with those of /dev/testcN.
 */

#include <linux/io_uring/cmd.h>
#include <linux/module.h>
#include <linux/splice.h>
#include <linux/uio.h>

#include "testc.h"

static struct testc *testc_of(struct file *file)
{
	struct testc_file *open = file->private_data;

	return open->testc;
}

static int testc_iter_open(struct inode *inode, struct file *file)
{
	struct testc_iter *iter =
		container_of(inode->i_cdev, struct testc_iter, cdev);

	return testc_open_file(iter->testc, file);
}

static ssize_t testc_read_iter(struct kiocb *kiocb, struct iov_iter *to)
{
	struct testc *testc = testc_of(kiocb->ki_filp);
	int ret;

	if (!testc->count &&
	    ((kiocb->ki_flags & IOCB_NOWAIT) ||
	     (kiocb->ki_filp->f_flags & O_NONBLOCK)))
		return -EAGAIN;
	ret = wait_event_interruptible(testc->queue, testc->count);
	if (ret)
		return ret;
	ret = copy_to_iter(testc->data, testc->count, to);
	testc->count = 0;
	return ret;
}

static ssize_t testc_write_iter(struct kiocb *kiocb, struct iov_iter *from)
{
	struct testc *testc = testc_of(kiocb->ki_filp);
	size_t len;

	if (!testc_is_there(testc))
		return -EIO;
	len = copy_from_iter(testc->data, sizeof(testc->data), from);
	/* A reader may be faster than the wake-up. */
	testc->count = len;
	wake_up_interruptible(&testc->queue);
	return len;
}

static int testc_uring_cmd(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	struct testc *testc = testc_of(cmd->file);

	if (!testc_is_there(testc))
		return -EIO;
	/* A command that sleeps does so in a worker of the ring. */
	if (issue_flags & IO_URING_F_NONBLOCK)
		return -EAGAIN;
	return wait_event_interruptible(testc->queue, testc->count);
}

const struct file_operations testc_iter_fops = {
	.owner = THIS_MODULE,
	.open = testc_iter_open,
	.release = testc_release,
	.read_iter = testc_read_iter,
	.write_iter = testc_write_iter,
	.splice_read = copy_splice_read,
	.splice_write = iter_file_splice_write,
	.poll = testc_poll,
	.fasync = testc_fasync,
	.uring_cmd = testc_uring_cmd,
	.mmap_prepare = testc_mmap_prepare,
};
