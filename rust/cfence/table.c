// SPDX-License-Identifier: GPL-2.0
/*
 * The file operations that replace those of a C driver.
 *
 * A file has the same operations as the driver, and no others: the kernel's default
 * for a missing operation does not change. An operation that is not in this file is
 * not wrapped, and devscope_make_table() refuses a driver that has it.
 */

#include <linux/filelock.h>
#include <linux/io_uring/cmd.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/seq_file.h>

#include <linux/devscope.h>

#include "cfence.h"

/*
 * Calls an operation of the driver for @file, inside, or evaluates to @refused. The
 * names in @call are those of the arguments.
 */
#define devscope_call(file, flags, refused, call)			\
({									\
	struct devscope_file *open = devscope_file(file);		\
	unsigned long *place = devscope_enter(open, flags);		\
									\
	likely(place) ?	devscope_leave(open, place, open->theirs->call) : \
			(refused);					\
})

/*
 * The same, for a frequent operation. If devscope_try_enter() fails, calls @slowly
 * with the place for devscope_give_up().
 */
#define devscope_call_fast(file, slowly, call)				\
({									\
	struct devscope_file *open = devscope_file(file);		\
	unsigned long *place;						\
									\
	likely(devscope_try_enter(open, 0, &place)) ?			\
		devscope_leave(open, place, open->theirs->call) : (slowly); \
})

static loff_t devscope_llseek(struct file *file, loff_t offset, int whence)
{
	return devscope_call(file, 0, -ENODEV, llseek(file, offset, whence));
}

static noinline ssize_t devscope_read_slowly(struct file *file, char __user *buf,
					     size_t len, loff_t *pos,
					     unsigned long *place)
{
	devscope_give_up(place);
	return devscope_call(file, 0, -ENODEV, read(file, buf, len, pos));
}

static ssize_t devscope_read(struct file *file, char __user *buf, size_t len,
			     loff_t *pos)
{
	return devscope_call_fast(file,
				  devscope_read_slowly(file, buf, len, pos, place),
				  read(file, buf, len, pos));
}

static noinline ssize_t devscope_write_slowly(struct file *file,
					      const char __user *buf,
					      size_t len, loff_t *pos,
					      unsigned long *place)
{
	devscope_give_up(place);
	return devscope_call(file, 0, -ENODEV, write(file, buf, len, pos));
}

static ssize_t devscope_write(struct file *file, const char __user *buf,
			      size_t len, loff_t *pos)
{
	return devscope_call_fast(file,
				  devscope_write_slowly(file, buf, len, pos, place),
				  write(file, buf, len, pos));
}

static noinline ssize_t devscope_read_iter_slowly(struct kiocb *kiocb,
						  struct iov_iter *iter,
						  unsigned long *place)
{
	devscope_give_up(place);
	return devscope_call(kiocb->ki_filp, 0, -ENODEV, read_iter(kiocb, iter));
}

static ssize_t devscope_read_iter(struct kiocb *kiocb, struct iov_iter *iter)
{
	return devscope_call_fast(kiocb->ki_filp,
				  devscope_read_iter_slowly(kiocb, iter, place),
				  read_iter(kiocb, iter));
}

static noinline ssize_t devscope_write_iter_slowly(struct kiocb *kiocb,
						   struct iov_iter *iter,
						   unsigned long *place)
{
	devscope_give_up(place);
	return devscope_call(kiocb->ki_filp, 0, -ENODEV, write_iter(kiocb, iter));
}

static ssize_t devscope_write_iter(struct kiocb *kiocb, struct iov_iter *iter)
{
	return devscope_call_fast(kiocb->ki_filp,
				  devscope_write_iter_slowly(kiocb, iter, place),
				  write_iter(kiocb, iter));
}

static int devscope_iopoll(struct kiocb *kiocb, struct io_comp_batch *batch,
			   unsigned int flags)
{
	return devscope_call(kiocb->ki_filp, 0, -ENODEV,
			     iopoll(kiocb, batch, flags));
}

static noinline long devscope_ioctl_slowly(struct file *file, unsigned int cmd,
					   unsigned long arg,
					   unsigned long *place)
{
	devscope_give_up(place);
	return devscope_call(file, 0, -ENODEV, unlocked_ioctl(file, cmd, arg));
}

static long devscope_ioctl(struct file *file, unsigned int cmd,
			   unsigned long arg)
{
	return devscope_call_fast(file,
				  devscope_ioctl_slowly(file, cmd, arg, place),
				  unlocked_ioctl(file, cmd, arg));
}

static long devscope_compat_ioctl(struct file *file, unsigned int cmd,
				  unsigned long arg)
{
	return devscope_call(file, 0, -ENODEV, compat_ioctl(file, cmd, arg));
}

/* close() succeeds if there is no device. */
static int devscope_flush(struct file *file, fl_owner_t owner)
{
	int ret = devscope_call(file, 0, 0, flush(file, owner));

	return devscope_is_unplugged(file) && ret == -ENODEV ? 0 : ret;
}

static int devscope_fsync(struct file *file, loff_t start, loff_t end,
			  int datasync)
{
	return devscope_call(file, 0, -ENODEV,
			     fsync(file, start, end, datasync));
}

/*
 * The list of the receivers of SIGIO is private to the driver. So there is another
 * one, for the last signal.
 */
static int devscope_fasync(int fd, struct file *file, int on)
{
	struct devscope_file *open = devscope_file(file);
	unsigned long *place = devscope_enter(open, DEVSCOPE_GENTLY);
	int ret, error;

	/* The release of the file turns it off. */
	if (!place)
		return on ? -ENODEV : 0;
	ret = open->theirs->fasync(fd, file, on);
	if (ret >= 0) {
		error = fasync_helper(fd, file, on, &open->fence->fasync);
		if (error < 0) {
			open->theirs->fasync(-1, file, 0);
			ret = error;
		} else {
			open->fasync = on;
		}
	}
	return devscope_leave(open, place, ret);
}

/* The kernel removes the locks of a closed file. */
static int devscope_lock(struct file *file, int cmd, struct file_lock *lock)
{
	return devscope_call(file, 0, lock_is_unlock(lock) ?
			     posix_lock_file(file, lock, NULL) : -ENODEV,
			     lock(file, cmd, lock));
}

static int devscope_flock(struct file *file, int cmd, struct file_lock *lock)
{
	return devscope_call(file, 0, lock_is_unlock(lock) ?
			     locks_lock_file_wait(file, lock) : -ENODEV,
			     flock(file, cmd, lock));
}

static unsigned long
devscope_get_unmapped_area(struct file *file, unsigned long addr,
			   unsigned long len, unsigned long pgoff,
			   unsigned long flags)
{
	return devscope_call(file, 0, -ENODEV,
			     get_unmapped_area(file, addr, len, pgoff, flags));
}

static ssize_t devscope_splice_read(struct file *file, loff_t *pos,
				    struct pipe_inode_info *pipe, size_t len,
				    unsigned int flags)
{
	return devscope_call(file, 0, -ENODEV,
			     splice_read(file, pos, pipe, len, flags));
}

static ssize_t devscope_splice_write(struct pipe_inode_info *pipe,
				     struct file *file, loff_t *pos, size_t len,
				     unsigned int flags)
{
	return devscope_call(file, 0, -ENODEV,
			     splice_write(pipe, file, pos, len, flags));
}

static void devscope_splice_eof(struct file *file)
{
	struct devscope_file *open = devscope_file(file);
	unsigned long *place = devscope_enter(open, 0);

	if (place) {
		open->theirs->splice_eof(file);
		devscope_leave(open, place, 0);
	}
}

static void devscope_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct devscope_file *open = devscope_file(file);
	unsigned long *place = devscope_enter(open, DEVSCOPE_GENTLY);

	if (place) {
		open->theirs->show_fdinfo(m, file);
		devscope_leave(open, place, 0);
	}
}

static int devscope_fadvise(struct file *file, loff_t offset, loff_t len,
			    int advice)
{
	return devscope_call(file, 0, -ENODEV,
			     fadvise(file, offset, len, advice));
}

static int devscope_uring_cmd(struct io_uring_cmd *cmd,
			      unsigned int issue_flags)
{
	return devscope_call(cmd->file, 0, -ENODEV,
			     uring_cmd(cmd, issue_flags));
}

static int devscope_uring_cmd_iopoll(struct io_uring_cmd *cmd,
				     struct io_comp_batch *batch,
				     unsigned int flags)
{
	return devscope_call(cmd->file, 0, -ENODEV,
			     uring_cmd_iopoll(cmd, batch, flags));
}

/* All wrapped operations. open() sets the table, and release() is our own. */
static const struct file_operations devscope_all = {
	.llseek = devscope_llseek,
	.read = devscope_read,
	.write = devscope_write,
	.read_iter = devscope_read_iter,
	.write_iter = devscope_write_iter,
	.iopoll = devscope_iopoll,
	.poll = devscope_poll,
	.unlocked_ioctl = devscope_ioctl,
	.compat_ioctl = devscope_compat_ioctl,
	.mmap = devscope_mmap,
	.flush = devscope_flush,
	.release = devscope_release,
	.fsync = devscope_fsync,
	.fasync = devscope_fasync,
	.lock = devscope_lock,
	.get_unmapped_area = devscope_get_unmapped_area,
	.flock = devscope_flock,
	.splice_write = devscope_splice_write,
	.splice_read = devscope_splice_read,
	.splice_eof = devscope_splice_eof,
	.show_fdinfo = devscope_show_fdinfo,
	.fadvise = devscope_fadvise,
	.uring_cmd = devscope_uring_cmd,
	.uring_cmd_iopoll = devscope_uring_cmd_iopoll,
	.mmap_prepare = devscope_mmap_prepare,
};

/*
 * Creates @table for @theirs. Both are compared as arrays of pointers, except for the
 * owner and the flags, so that new operations of later kernels are noticed.
 *
 * Returns -EOPNOTSUPP if @theirs has an operation that is not wrapped.
 */
int devscope_make_table(struct file_operations *table,
			const struct file_operations *theirs)
{
	struct file_operations operations = *theirs;

	operations.owner = NULL;
	operations.fop_flags = 0;
	operations.open = NULL;
	operations.release = NULL;
	if (!devscope_wrap_all(table, &operations, &devscope_all,
			       sizeof(operations)))
		return -EOPNOTSUPP;
	table->owner = THIS_MODULE;
	table->fop_flags = theirs->fop_flags;
	table->release = devscope_release;
	return 0;
}

/*
 * Creates the table @ours, with the operations of @all that @theirs has, too. Returns
 * whether @all has all operations of @theirs.
 */
bool devscope_wrap_all(void *ours, const void *theirs, const void *all,
		       size_t size)
{
	const unsigned long *from = theirs, *ours_all = all;
	unsigned long *to = ours;
	size_t i;

	for (i = 0; i < size / sizeof(*to); i++) {
		to[i] = from[i] ? ours_all[i] : 0;
		if (from[i] && !to[i])
			return false;
	}
	return true;
}
