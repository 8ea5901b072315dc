// SPDX-License-Identifier: GPL-2.0
/*
 * RCU and SRCU grace periods that unbind waits for.
 */

#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/srcu.h>

#include "internal.h"

static bool expedite = !IS_ENABLED(CONFIG_PREEMPT_RT);
module_param(expedite, bool, 0644);
MODULE_PARM_DESC(expedite,
		 "Whether unbind expedites grace periods, which interrupts all CPUs (default: not on PREEMPT_RT)");

/* Current RCU readers are done at the end of the grace period of this cookie. */
unsigned long devscope_grace_period(void)
{
	return get_state_synchronize_rcu();
}

void devscope_wait_for_grace_period(unsigned long period)
{
	if (READ_ONCE(expedite))
		cond_synchronize_rcu_expedited(period);
	else
		cond_synchronize_rcu(period);
}

void devscope_synchronize_srcu(struct srcu_struct *domain)
{
	if (READ_ONCE(expedite))
		synchronize_srcu_expedited(domain);
	else
		synchronize_srcu(domain);
}
