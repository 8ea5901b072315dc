// SPDX-License-Identifier: GPL-2.0
/*
 * The tasks that are inside a C driver, and the drain.
 */

#include <linux/delay.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/stacktrace.h>
#include <linux/task_work.h>

#include "cfence.h"
#include "../callers.h"

static unsigned int drain_warning = 10;
module_param(drain_warning, uint, 0644);
MODULE_PARM_DESC(drain_warning,
		 "Seconds after which an unplug logs the operation of a C driver that it waits for (default 10, 0: never)");

/* Held while a task is marked and interrupted, so that the task undoes this later. */
static DEFINE_SPINLOCK(interrupting);

unsigned long *devscope_join_elsewhere(struct devscope_file *open,
				       unsigned long me)
{
	struct devscope_fence *fence = open->fence;
	struct devscope_places *places = raw_cpu_ptr(open->places);
	struct devscope_more_places *more, *first;
	int i;

	for (i = 1; i < ARRAY_SIZE(places->task); i++)
		if (!READ_ONCE(places->task[i]) &&
		    !cmpxchg(&places->task[i], 0, me))
			return &places->task[i];
	/* Pairs with the release that adds to it. */
	first = smp_load_acquire(&fence->more);
	for (more = first; more; more = more->next)
		for (i = 0; i < ARRAY_SIZE(more->task); i++)
			if (!READ_ONCE(more->task[i]) &&
			    !cmpxchg(&more->task[i], 0, me))
				return &more->task[i];
	/*
	 * They are kept as long as the fence, for the next time that many callers are
	 * inside.
	 */
	more = kzalloc_obj(*more, GFP_KERNEL | __GFP_NOFAIL);
	more->task[0] = me;
	do {
		more->next = first;
	} while (!try_cmpxchg(&fence->more, &first, more));
	return &more->task[0];
}

void devscope_free_places(struct devscope_fence *fence)
{
	struct devscope_more_places *more = fence->more;

	while (more) {
		struct devscope_more_places *next = more->next;

		kfree(more);
		more = next;
	}
	free_percpu(fence->places);
}

/*
 * The closer has interrupted the caller, which has left. Undo the interruption here:
 * nothing else in this system call should end early, and a kernel thread does not
 * return to user space, where the flag is cleared.
 */
long devscope_interrupted(long ret)
{
	spin_lock(&interrupting);
	spin_unlock(&interrupting);
	clear_notify_signal();
	if (task_work_pending(current))
		set_thread_flag(TIF_NOTIFY_SIGNAL);
	/*
	 * Replaces any error: drivers also return -EAGAIN. A request may be pending.
	 */
	return IS_ERR_VALUE(ret) && ret != -EIOCBQUEUED ? -ENODEV : ret;
}

/* The callback of visit_all(), with the task in the place. */
typedef void (*devscope_visitor)(struct devscope_fence *fence,
				 unsigned long *place, struct task_struct *task);

/* Interrupts @task, if it is still in @place. */
static void interrupt(struct devscope_fence *fence, unsigned long *place,
		      struct task_struct *task)
{
	unsigned long old = READ_ONCE(*place);

	spin_lock(&interrupting);
	if ((old & ~DEVSCOPE_FLAGS) == (unsigned long)task &&
	    try_cmpxchg(place, &old, old | DEVSCOPE_INTERRUPTED))
		devscope_interrupt_task(task);
	spin_unlock(&interrupting);
}

static void interrupt_soon(struct devscope_fence *fence, unsigned long *place,
			   struct task_struct *task)
{
	if (!(READ_ONCE(*place) & DEVSCOPE_GENTLY))
		interrupt(fence, place, task);
}

/* Prints the stack of a task. Not a kernel warning: it is not a bug of the kernel. */
static void complain(struct devscope_fence *fence, unsigned long *place,
		     struct task_struct *task)
{
	pr_fence(warn, fence, "unplug waits for %s[%d], state %c, inside the driver:\n",
		 task->comm, task_pid_nr(task), task_state_to_char(task));
#ifdef CONFIG_STACKTRACE
	unsigned long stack[24];
	unsigned int depth = stack_trace_save_tsk(task, stack, ARRAY_SIZE(stack), 0);

	for (unsigned int i = 0; i < depth; i++)
		pr_fence(warn, fence, " %pS\n", (void *)stack[i]);
#endif
}

/* Returns the task in the place for which the caller has to wait, or NULL. */
static struct task_struct *task_in(struct devscope_fence *fence,
				   unsigned long *place)
{
	/* The accesses inside are visible after this: see devscope_quit(). */
	unsigned long value = smp_load_acquire(place);
	struct task_struct *task = (void *)(value & ~DEVSCOPE_FLAGS);

	return task == current ? NULL : task;
}

/* Calls @visit for each place with a task. */
static void visit_all(struct devscope_fence *fence, devscope_visitor visit)
{
	struct devscope_more_places *more;
	struct task_struct *task;
	int cpu, i;

	/* The task is in its place, so it is not freed before this ends. */
	guard(rcu)();
	for_each_possible_cpu(cpu) {
		struct devscope_places *places = per_cpu_ptr(fence->places, cpu);

		for (i = 0; i < ARRAY_SIZE(places->task); i++) {
			task = task_in(fence, &places->task[i]);
			if (task)
				visit(fence, &places->task[i], task);
		}
	}
	/* Pairs with the release that adds to it. */
	for (more = smp_load_acquire(&fence->more); more; more = more->next) {
		for (i = 0; i < ARRAY_SIZE(more->task); i++) {
			task = task_in(fence, &more->task[i]);
			if (task)
				visit(fence, &more->task[i], task);
		}
	}
}

/*
 * Waits until @place was empty once: later callers see the end. A task that waits
 * again after it was interrupted is interrupted again.
 */
static void wait_for_place(struct devscope_fence *fence, unsigned long *place,
			   unsigned long start, unsigned long *warned)
{
	unsigned int us = 20;

	while (task_in(fence, place)) {
		unsigned int seconds = READ_ONCE(drain_warning);

		visit_all(fence, time_after(jiffies, start + HZ) ?
			  interrupt : interrupt_soon);
		if (seconds && time_after(jiffies, *warned + seconds * HZ)) {
			visit_all(fence, complain);
			*warned = jiffies;
		}
		fsleep(us);
		us = min(us * 2, 10000);
	}
}

/*
 * Waits for all callers inside. The registration has ended, followed by a full
 * barrier. If the caller is inside itself, lockdep reports it, but it does not wait
 * for itself.
 */
void devscope_drain(struct devscope_fence *fence)
{
	unsigned long start = jiffies, warned = jiffies;
	struct devscope_more_places *more;
	int cpu, i;

	lock_map_acquire(&fence->map);
	lock_map_release(&fence->map);
	for_each_possible_cpu(cpu) {
		struct devscope_places *places = per_cpu_ptr(fence->places, cpu);

		for (i = 0; i < ARRAY_SIZE(places->task); i++)
			wait_for_place(fence, &places->task[i], start, &warned);
	}
	/* As in visit_all(). Places that are added later are for later callers. */
	for (more = smp_load_acquire(&fence->more); more; more = more->next)
		for (i = 0; i < ARRAY_SIZE(more->task); i++)
			wait_for_place(fence, &more->task[i], start, &warned);
}
