// SPDX-License-Identifier: GPL-2.0

#include <linux/preempt.h>

__devscope_helper unsigned char devscope_interrupt_context_level(void)
{
	return interrupt_context_level();
}
