// SPDX-License-Identifier: GPL-2.0
/*
 * Opens a device for the caller that has just created it, without a name. In a
 * file of its own, as worker.c is: only this module does it.
 *
 * The inode is that of a device node on a file system that nobody can mount. So
 * an open is what that of a node in /dev is: permissions, the device cgroup, the
 * security module and fsnotify have their say, and fstat() tells which device it
 * is. The node of such an inode cannot be opened a second time, by way of /proc
 * for example: it is on a file system without devices (SB_I_NODEV).
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

/* What /proc has for the file: "devscope:[1234]". */
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
 * The superblock outlives the last registration where files are still open, and
 * then holds on to this module.
 */
static struct file_system_type handout_fs = {
	.owner = THIS_MODULE,
	.name = "devscope",
	.init_fs_context = init_context,
	.kill_sb = kill_anon_super,
};

/* Has files to be opened, until it is undone. Sleeps. */
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
 * Opens the device `number`, of the kind that `type` says, S_IFCHR or S_IFBLK,
 * by the operations `fops`, or by those of its kind where there are none.
 * `private_data` is what devscope_handed_out() says of the inode. The caller has
 * called devscope_handout_get(). Returns a file or an error pointer. Sleeps.
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
	/* Here security modules give it a label, which they ask for below. */
	d_instantiate(path.dentry, inode);
	error = inode_permission(mnt_idmap(mount), inode, access_of(flags));
	if (error)
		file = ERR_PTR(error);
	else
		file = dentry_open(&path, flags | O_LARGEFILE, current_cred());
	dput(path.dentry);
	return file;
}

/* What an inode was given by devscope_handout_open(); NULL for any other. */
void *devscope_handed_out(const struct inode *inode)
{
	return inode->i_sb->s_type == &handout_fs ? inode->i_private : NULL;
}
