// SPDX-License-Identifier: GPL-2.0
/*
 * The right to revoke all files of a device. In a file of its own, as worker.c is:
 * only this module asks.
 */

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mount.h>

#include "internal.h"

/*
 * `file` may be open with O_PATH, so the node itself was perhaps never opened.
 * Whoever can make an inode can give it any number, by FUSE for example. So it
 * has to be one that opens a device: what may_open_dev() asks.
 */
int devscope_may_revoke_node(const struct file *file, unsigned int *number)
{
	const struct vfsmount *mnt = file->f_path.mnt;
	struct inode *inode = file_inode(file);

	if (!S_ISCHR(inode->i_mode))
		return -ENOTTY;
	if ((mnt->mnt_flags & MNT_NODEV) ||
	    (mnt->mnt_sb->s_iflags & SB_I_NODEV))
		return -EACCES;
	if (!inode_owner_or_capable(mnt_idmap(mnt), inode) &&
	    !ns_capable(inode->i_sb->s_user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	*number = inode->i_rdev;
	return 0;
}
