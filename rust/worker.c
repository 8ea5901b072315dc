// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a function in a worker, and waits for it. Allocates nothing. In a file of its
 * own, since the helpers may be inlined, and the worker's function may not.
 */

#include <linux/workqueue.h>

#include "internal.h"

struct errand {
	struct work_struct work;
	void (*run)(void *data);
	void *data;
};

static void run_errand(struct work_struct *work)
{
	struct errand *errand = container_of(work, struct errand, work);

	errand->run(errand->data);
}

void devscope_run_on_worker(void (*run)(void *data), void *data)
{
	struct errand errand = { .run = run, .data = data };

	INIT_WORK_ONSTACK(&errand.work, run_errand);
	queue_work(system_dfl_wq, &errand.work);
	flush_work(&errand.work);
	destroy_work_on_stack(&errand.work);
}
