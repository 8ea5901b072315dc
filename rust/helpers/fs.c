// SPDX-License-Identifier: GPL-2.0

#include <linux/fs.h>

__devscope_helper bool devscope_kiocb_nowait(const struct kiocb *kiocb)
{
	return kiocb->ki_flags & IOCB_NOWAIT;
}

__devscope_helper void devscope_file_set_nowait(struct file *file)
{
	file->f_mode |= FMODE_NOWAIT;
}

/*
 * generic_write_sync(), also for streams, which have no position. Returns the result
 * of the write.
 */
__devscope_helper long devscope_write_sync(struct kiocb *kiocb, long count,
					   bool has_position)
{
	int error;

	if (likely(!iocb_is_dsync(kiocb)))
		return count;
	error = vfs_fsync_range(kiocb->ki_filp,
				has_position ? kiocb->ki_pos - count : 0,
				has_position ? kiocb->ki_pos - 1 : LLONG_MAX,
				!(kiocb->ki_flags & IOCB_SYNC));
	return error ?: count;
}

__devscope_helper struct cdev *devscope_inode_cdev(const struct inode *inode)
{
	return inode->i_cdev;
}
