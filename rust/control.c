// SPDX-License-Identifier: GPL-2.0
/*
 * The permission to revoke all files of a device. In a file of its own, like
 * worker.c: only this module calls it.
 */

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/mount.h>

#include "internal.h"

/*
 * `file` may be open with O_PATH, so the node itself may never have been opened. A
 * task that can create inodes, by FUSE for example, can give them any number. So the
 * inode has to be on a file system with devices, as may_open_dev() checks.
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
