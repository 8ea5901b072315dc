// SPDX-License-Identifier: GPL-2.0

#include <linux/workqueue.h>

__devscope_helper struct workqueue_struct *
devscope_alloc_workqueue(const char *name, unsigned int flags, int max_active)
{
	return alloc_workqueue("%s", flags, max_active, name);
}
