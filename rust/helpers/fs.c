// SPDX-License-Identifier: GPL-2.0

#include <linux/fs.h>

__devscope_helper bool devscope_kiocb_nowait(const struct kiocb *kiocb)
{
	return kiocb->ki_flags & IOCB_NOWAIT;
}

__devscope_helper struct cdev *devscope_inode_cdev(const struct inode *inode)
{
	return inode->i_cdev;
}
