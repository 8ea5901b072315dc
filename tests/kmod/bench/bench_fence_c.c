// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/bench-plain-c: a misc device in C with an empty read() and ioctl(). The same
 * behind fences: /dev/bench-rwsem-c, /dev/bench-srcu-c and /dev/bench-mutex-c as
 * drivers write them, /dev/bench-fence-c as misc_register_sync() has it.
 */

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/srcu.h>

#include <linux/devscope.h>

static DECLARE_RWSEM(bench_rwsem);
DEFINE_STATIC_SRCU(bench_srcu);
static DEFINE_MUTEX(bench_mutex);
static bool bench_gone;

static ssize_t bench_read_plain(struct file *file, char __user *user, size_t len,
				loff_t *pos)
{
	return 0;
}

static long bench_ioctl_plain(struct file *file, unsigned int cmd,
			      unsigned long arg)
{
	return 0;
}

static ssize_t bench_read_rwsem(struct file *file, char __user *user, size_t len,
				loff_t *pos)
{
	ssize_t ret;

	down_read(&bench_rwsem);
	ret = READ_ONCE(bench_gone) ? -ENODEV : 0;
	up_read(&bench_rwsem);
	return ret;
}

static long bench_ioctl_rwsem(struct file *file, unsigned int cmd,
			      unsigned long arg)
{
	long ret;

	down_read(&bench_rwsem);
	ret = READ_ONCE(bench_gone) ? -ENODEV : 0;
	up_read(&bench_rwsem);
	return ret;
}

static ssize_t bench_read_srcu(struct file *file, char __user *user, size_t len,
			       loff_t *pos)
{
	int index = srcu_read_lock(&bench_srcu);
	ssize_t ret = READ_ONCE(bench_gone) ? -ENODEV : 0;

	srcu_read_unlock(&bench_srcu, index);
	return ret;
}

static long bench_ioctl_srcu(struct file *file, unsigned int cmd,
			     unsigned long arg)
{
	int index = srcu_read_lock(&bench_srcu);
	long ret = READ_ONCE(bench_gone) ? -ENODEV : 0;

	srcu_read_unlock(&bench_srcu, index);
	return ret;
}

static ssize_t bench_read_mutex(struct file *file, char __user *user, size_t len,
				loff_t *pos)
{
	ssize_t ret;

	mutex_lock(&bench_mutex);
	ret = READ_ONCE(bench_gone) ? -ENODEV : 0;
	mutex_unlock(&bench_mutex);
	return ret;
}

static long bench_ioctl_mutex(struct file *file, unsigned int cmd,
			      unsigned long arg)
{
	long ret;

	mutex_lock(&bench_mutex);
	ret = READ_ONCE(bench_gone) ? -ENODEV : 0;
	mutex_unlock(&bench_mutex);
	return ret;
}

enum { PLAIN, RWSEM, SRCU, MUTEX, FENCE, BENCH_NODES };

static const struct file_operations bench_fops[BENCH_NODES] = {
	[PLAIN] = {
		.owner = THIS_MODULE,
		.read = bench_read_plain,
		.unlocked_ioctl = bench_ioctl_plain,
	},
	[RWSEM] = {
		.owner = THIS_MODULE,
		.read = bench_read_rwsem,
		.unlocked_ioctl = bench_ioctl_rwsem,
	},
	[SRCU] = {
		.owner = THIS_MODULE,
		.read = bench_read_srcu,
		.unlocked_ioctl = bench_ioctl_srcu,
	},
	[MUTEX] = {
		.owner = THIS_MODULE,
		.read = bench_read_mutex,
		.unlocked_ioctl = bench_ioctl_mutex,
	},
	[FENCE] = {
		.owner = THIS_MODULE,
		.read = bench_read_plain,
		.unlocked_ioctl = bench_ioctl_plain,
	},
};

static const char *const bench_names[BENCH_NODES] = {
	[PLAIN] = "bench-plain-c",
	[RWSEM] = "bench-rwsem-c",
	[SRCU] = "bench-srcu-c",
	[MUTEX] = "bench-mutex-c",
	[FENCE] = "bench-fence-c",
};

static struct miscdevice bench_nodes[BENCH_NODES];

static void bench_deregister(int count)
{
	while (count--) {
		if (count == FENCE)
			misc_deregister_sync(&bench_nodes[count]);
		else
			misc_deregister(&bench_nodes[count]);
	}
}

static int __init bench_init(void)
{
	int i, ret;

	for (i = 0; i < BENCH_NODES; i++) {
		struct miscdevice *misc = &bench_nodes[i];

		misc->minor = MISC_DYNAMIC_MINOR;
		misc->name = bench_names[i];
		misc->fops = &bench_fops[i];
		ret = i == FENCE ? misc_register_sync(misc) : misc_register(misc);
		if (ret) {
			bench_deregister(i);
			return ret;
		}
	}
	return 0;
}
module_init(bench_init);

static void __exit bench_exit(void)
{
	bench_deregister(BENCH_NODES);
}
module_exit(bench_exit);

MODULE_DESCRIPTION("What a fence costs in C");
MODULE_LICENSE("GPL");
