// SPDX-License-Identifier: GPL-2.0

#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

__devscope_helper void devscope_set_current_state(unsigned int state)
{
	set_current_state(state);
}

/* Also with locks held: a caller in splice() holds the lock of its pipe. */
__devscope_helper unsigned int devscope_freezable(unsigned int state)
{
	return state | TASK_FREEZABLE_UNSAFE;
}

__devscope_helper bool devscope_signal_pending_state(unsigned int state)
{
	return signal_pending_state(state, current);
}

__devscope_helper bool devscope_wq_has_sleeper(struct wait_queue_head *head)
{
	return wq_has_sleeper(head);
}
