// SPDX-License-Identifier: GPL-2.0
/*
 * Kills a process at one of its calls of the kernel functions that the parameter
 * "steps" names. A test sets "pid" to the process whose calls are counted, and then
 * "left" to the number of the call at which it gets SIGKILL.
 */

#include <linux/irq_work.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#define TESTKILL_MOST	64

static char *steps[TESTKILL_MOST];
static unsigned int nr_steps;
module_param_array(steps, charp, &nr_steps, 0444);
MODULE_PARM_DESC(steps, "The functions whose calls count");

static int pid;
module_param(pid, int, 0644);
MODULE_PARM_DESC(pid, "The process whose calls count");

static int left;
module_param(left, int, 0644);
MODULE_PARM_DESC(left, "How many calls there are up to that of the kill (0: no kill)");

static struct kprobe probes[TESTKILL_MOST];
static struct task_struct *victim;

static void testkill_kill(struct irq_work *work)
{
	send_sig(SIGKILL, victim, 1);
	put_task_struct(victim);
}

/* Sending a signal takes locks, which the caller of the probed function may hold. */
static DEFINE_IRQ_WORK(testkill_work, testkill_kill);

static int testkill_step(struct kprobe *probe, struct pt_regs *regs)
{
	/* The process has one thread, so no other caller counts at the same time. */
	if (task_tgid_nr(current) != READ_ONCE(pid) || !left || --left)
		return 0;
	victim = get_task_struct(current);
	irq_work_queue(&testkill_work);
	return 0;
}

static int __init testkill_init(void)
{
	unsigned int i;
	int ret;

	for (i = 0; i < nr_steps; i++) {
		probes[i].symbol_name = steps[i];
		probes[i].pre_handler = testkill_step;
		ret = register_kprobe(&probes[i]);
		if (ret) {
			pr_err("testkill: no step at %s: %d\n", steps[i], ret);
			goto err;
		}
	}
	return 0;

err:
	while (i--)
		unregister_kprobe(&probes[i]);
	return ret;
}
module_init(testkill_init);

static void __exit testkill_exit(void)
{
	unsigned int i;

	for (i = 0; i < nr_steps; i++)
		unregister_kprobe(&probes[i]);
	irq_work_sync(&testkill_work);
}
module_exit(testkill_exit);

MODULE_DESCRIPTION("Kills a process at a step of its way through the kernel");
MODULE_LICENSE("GPL");
