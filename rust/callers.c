// SPDX-License-Identifier: GPL-2.0
/*
 * Callers that sleep in a driver in a wait that the framework does not know of.
 *
 * There is no list of the callers inside a Rust driver, since it would add a cost to
 * each operation. So a drain that takes long searches for them: a task that sleeps in
 * a system call with a descriptor of such a file is inside, or was just refused and
 * will return. The sleep is interrupted as by task_work_add(TWA_SIGNAL), without a
 * work: the program gets no signal, and a call that returns -ERESTARTSYS is
 * restarted.
 */

#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <linux/unistd.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <asm/syscall.h>

#include "callers.h"
#include "internal.h"

/* The time of a drain before the first search, and between searches. */
#define DEVSCOPE_LOOK	(HZ / 10)

struct devscope_search {
	struct delayed_work work;
	int (*is_ended)(struct file *file, const void *arg);
	const void *arg;
};

/*
 * Ends an interruptible sleep of @task, or its next one before it returns to user
 * space.
 */
void devscope_interrupt_task(struct task_struct *task)
{
	struct wait_queue_entry entry = { .private = task };

	set_tsk_thread_flag(task, TIF_NOTIFY_SIGNAL);
	/* The task sets its state before it tests the flag. */
	smp_mb__after_atomic();
	/* The same as wake_up_state(), which is not exported. */
	default_wake_function(&entry, TASK_INTERRUPTIBLE, 0, NULL);
}

#ifdef __NR_ia32_read
#define CALL(name, fds)	{ __NR_##name, __NR_ia32_##name, fds }
#else
#define CALL(name, fds)	{ __NR_##name, -1, fds }
#endif

/*
 * System calls with arguments that are descriptors whose driver may sleep in the call:
 * their number, that for a 32-bit program, and these arguments. An argument of another
 * call only looks like a descriptor: semop() on a set with the same number would end
 * with -EINTR.
 */
static const struct devscope_call {
	int nr;
	int compat_nr;
	unsigned int fds;
} devscope_calls[] = {
	CALL(read, BIT(0)),
	CALL(write, BIT(0)),
	CALL(readv, BIT(0)),
	CALL(writev, BIT(0)),
	CALL(pread64, BIT(0)),
	CALL(pwrite64, BIT(0)),
	CALL(preadv, BIT(0)),
	CALL(pwritev, BIT(0)),
	CALL(preadv2, BIT(0)),
	CALL(pwritev2, BIT(0)),
	CALL(ioctl, BIT(0)),
	CALL(fsync, BIT(0)),
	CALL(fdatasync, BIT(0)),
	CALL(sendfile, BIT(0) | BIT(1)),
	CALL(splice, BIT(0) | BIT(2)),
	CALL(copy_file_range, BIT(0) | BIT(2)),
	{ __NR_mmap, -1, BIT(4) },
#ifdef __NR_ia32_read
	{ -1, __NR_ia32_mmap2, BIT(4) },
	{ -1, __NR_ia32_sendfile64, BIT(0) | BIT(1) },
#endif
};

/* Returns the descriptors among the arguments of the system call @nr of @task. */
static unsigned int fd_arguments(struct task_struct *task, int nr)
{
	bool is_compat = IS_ENABLED(CONFIG_X86_64) &&
			 syscall_get_arch(task) == AUDIT_ARCH_I386;

	/* It is in no system call. */
	if (nr < 0)
		return 0;
	for (int i = 0; i < ARRAY_SIZE(devscope_calls); i++) {
		const struct devscope_call *call = &devscope_calls[i];

		if (nr == (is_compat ? call->compat_nr : call->nr))
			return call->fds;
	}
	return 0;
}

/* Returns whether @task, which may be running, is in a system call on such a file. */
static bool is_in_call(struct task_struct *task, struct devscope_search *search)
{
	unsigned long args[6];
	struct files_struct *files;
	unsigned long fds;
	struct pt_regs regs;
	unsigned int which;
	bool found = false;
	int nr;

	/*
	 * The stack may already belong to another task: then the registers are wrong,
	 * but harmless.
	 */
	if (copy_from_kernel_nofault(&regs, task_pt_regs(task), sizeof(regs)))
		return false;
	nr = syscall_get_nr(task, &regs);
	fds = fd_arguments(task, nr);
	if (!fds)
		return false;
	syscall_get_arguments(task, &regs, args);
	task_lock(task);
	files = task->files;
	if (files) {
		/* While this is held, a file in the table stays open. */
		spin_lock(&files->file_lock);
		for_each_set_bit(which, &fds, ARRAY_SIZE(args)) {
			/* The upper half of an int in a register is undefined. */
			struct file *file =
				files_lookup_fd_locked(files, (unsigned int)args[which]);

			found = file && search->is_ended(file, search->arg);
			if (found)
				break;
		}
		spin_unlock(&files->file_lock);
	}
	task_unlock(task);
	return found;
}

static void devscope_look(struct work_struct *work)
{
	struct devscope_search *search =
		container_of(to_delayed_work(work), struct devscope_search, work);
	struct task_struct *process, *task;

	rcu_read_lock();
	for_each_process_thread(process, task) {
		if (task->flags & (PF_KTHREAD | PF_USER_WORKER))
			continue;
		if (!(READ_ONCE(task->__state) & TASK_INTERRUPTIBLE))
			continue;
		if (is_in_call(task, search))
			devscope_interrupt_task(task);
	}
	rcu_read_unlock();
	/* An interrupted task may wait again. */
	schedule_delayed_work(&search->work, DEVSCOPE_LOOK);
}

/*
 * Calls @drain. Until it returns, interrupts callers on files for which @is_ended
 * returns true. @is_ended is called with a lock held.
 */
void devscope_bring_out(int (*is_ended)(struct file *file, const void *arg),
			const void *arg, void (*drain)(void *data), void *data)
{
	struct devscope_search search = {
		.is_ended = is_ended,
		.arg = arg,
	};

	INIT_DELAYED_WORK_ONSTACK(&search.work, devscope_look);
	schedule_delayed_work(&search.work, DEVSCOPE_LOOK);
	drain(data);
	cancel_delayed_work_sync(&search.work);
	destroy_delayed_work_on_stack(&search.work);
}
