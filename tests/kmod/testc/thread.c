// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel thread inside a file operation: it never returns to user space.
 */

#include <linux/file.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/signal.h>

#include "testc.h"

static int testc_thread(void *data)
{
	struct file *file = data;

	testc_thread_result = file->f_op->unlocked_ioctl(file, TESTC_WAIT, 0);
	testc_thread_pending = signal_pending(current);
	fput(file);
	module_put_and_kthread_exit(0);
}

int testc_run_thread(struct file *file)
{
	struct task_struct *task;

	testc_thread_result = 1;
	testc_thread_pending = 1;
	__module_get(THIS_MODULE);
	task = kthread_run(testc_thread, get_file(file), "testc");
	if (IS_ERR(task)) {
		fput(file);
		module_put(THIS_MODULE);
		return PTR_ERR(task);
	}
	return task_pid_nr(task);
}
