// SPDX-License-Identifier: GPL-2.0
/*
 * Opens a device without a name, for the caller that has just created it. In a file
 * of its own, like worker.c: only this module calls it.
 *
 * The inode is that of a device node on a file system that user space cannot mount.
 * So it is opened like a node in /dev: permissions, the device cgroup, the security
 * module and fsnotify are applied, and fstat() returns the number of the device. The
 * inode cannot be opened a second time, through /proc for example: it is on a file
 * system without devices (SB_I_NODEV).
 */

#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>

#include "internal.h"

#define DEVSCOPE_MAGIC 0x64767363 /* "dvsc" */

static struct vfsmount *mount;
static int mount_count;

/* The name of the file in /proc: "devscope:[1234]". */
static char *name_inode(struct dentry *dentry, char *buffer, int size)
{
	char name[sizeof("devscope:[]") + 20];
	int length = scnprintf(name, sizeof(name), "devscope:[%llu]",
			       (unsigned long long)d_inode(dentry)->i_ino) + 1;

	if (length > size)
		return ERR_PTR(-ENAMETOOLONG);
	return memcpy(buffer + size - length, name, length);
}

static const struct dentry_operations handout_dops = {
	.d_dname = name_inode,
};

static int init_context(struct fs_context *context)
{
	struct pseudo_fs_context *pseudo = init_pseudo(context, DEVSCOPE_MAGIC);

	if (!pseudo)
		return -ENOMEM;
	pseudo->dops = &handout_dops;
	return 0;
}

/*
 * If files are still open, the superblock outlives the last registration, and then
 * has a reference to this module.
 */
static struct file_system_type handout_fs = {
	.owner = THIS_MODULE,
	.name = "devscope",
	.init_fs_context = init_context,
	.kill_sb = kill_anon_super,
};

/* Allows to open files, until devscope_handout_put(). Sleeps. */
int devscope_handout_get(void)
{
	return simple_pin_fs(&handout_fs, &mount, &mount_count);
}

void devscope_handout_put(void)
{
	simple_release_fs(&mount, &mount_count);
}

static int access_of(unsigned int flags)
{
	return ACC_MODE(flags) & (MAY_READ | MAY_WRITE);
}

/*
 * Opens the device `number` of the kind `type`, S_IFCHR or S_IFBLK, by the operations
 * `fops`, or by those of its kind if `fops` is NULL. devscope_handed_out() returns
 * `private_data` for the inode. The caller has called devscope_handout_get(). Returns
 * a file or an error pointer. Sleeps.
 */
struct file *devscope_handout_open(unsigned short type, unsigned int number,
				   const struct file_operations *fops,
				   void *private_data, unsigned int flags)
{
	struct inode *inode = new_inode(mount->mnt_sb);
	struct path path = { .mnt = mount };
	struct file *file;
	int error;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->i_ino = get_next_ino();
	simple_inode_init_ts(inode);
	inode->i_uid = current_fsuid();
	inode->i_gid = current_fsgid();
	init_special_inode(inode, type | 0600, number);
	if (fops)
		inode->i_fop = fops;
	inode->i_private = private_data;
	path.dentry = d_alloc_anon(mount->mnt_sb);
	if (!path.dentry) {
		iput(inode);
		return ERR_PTR(-ENOMEM);
	}
	/* Here security modules set the label, which they check below. */
	d_instantiate(path.dentry, inode);
	error = inode_permission(mnt_idmap(mount), inode, access_of(flags));
	if (error)
		file = ERR_PTR(error);
	else
		file = dentry_open(&path, flags | O_LARGEFILE, current_cred());
	dput(path.dentry);
	return file;
}

/* Returns the private data of devscope_handout_open(); NULL for another inode. */
void *devscope_handed_out(const struct inode *inode)
{
	return inode->i_sb->s_type == &handout_fs ? inode->i_private : NULL;
}
