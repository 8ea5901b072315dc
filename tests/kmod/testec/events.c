// SPDX-License-Identifier: GPL-2.0
/*
 * MKBP events: a queue in the EC, and the work that tells the core to fetch them.
 */

#include <linux/cleanup.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "cros_ec.h"
#include "testec.h"

/* Limits the memory of the queue, as in an EC. */
#define TESTEC_RUNS_MAX		4096

/* Makes the core fetch all queued events, and call its notifiers, before it returns. */
static void testec_events_deliver(struct testec *ec)
{
	scoped_guard(mutex, &ec->lock)
		if (!ec->ready)
			return;
	guard(mutex)(&ec->deliver);
	cros_ec_irq_thread(0, ec->ec_dev);
}

static void testec_events_raise_work(struct work_struct *work)
{
	testec_events_deliver(container_of(work, struct testec, raise));
}

static int testec_events_queue(struct testec *ec, const struct testec_run *events)
{
	struct testec_run *run;

	lockdep_assert_held(&ec->lock);
	/*
	 * Lose it: at the end of the registration, the core fetches events until there are none.
	 * If clients of a character device that it has created kept adding some, it would not end.
	 */
	if (!ec->ready)
		return 0;
	if (!events->left)
		return 0;
	if (ec->waiting == TESTEC_RUNS_MAX)
		return -EOVERFLOW;
	run = kmemdup(events, sizeof(*events), GFP_KERNEL);
	if (!run)
		return -ENOMEM;
	list_add_tail(&run->node, &ec->runs);
	ec->waiting++;
	return 0;
}

static void testec_events_tick(struct work_struct *work)
{
	struct testec *ec = container_of(to_delayed_work(work), struct testec, tick);

	scoped_guard(mutex, &ec->lock) {
		struct testec_run one = ec->stream;

		if (!ec->stream.left)
			return;
		one.left = 1;
		/* If the queue is full, the event is lost, as in an EC. */
		testec_events_queue(ec, &one);
		ec->stream.number++;
		/* U32_MAX: without end. */
		if (ec->stream.left != U32_MAX)
			ec->stream.left--;
		if (ec->stream.left)
			schedule_delayed_work(&ec->tick, msecs_to_jiffies(ec->stream_ms));
	}
	testec_events_deliver(ec);
}

void testec_events_init(struct testec *ec)
{
	INIT_LIST_HEAD(&ec->runs);
	INIT_WORK(&ec->raise, testec_events_raise_work);
	INIT_DELAYED_WORK(&ec->tick, testec_events_tick);
}

/* Events may come from now on. */
void testec_events_start(struct testec *ec)
{
	guard(mutex)(&ec->lock);
	ec->ready = true;
}

/* No events are queued after this. */
void testec_events_stop(struct testec *ec)
{
	scoped_guard(mutex, &ec->lock)
		testec_events_forget(ec);
	cancel_delayed_work_sync(&ec->tick);
	cancel_work_sync(&ec->raise);
	scoped_guard(mutex, &ec->lock)
		testec_events_forget(ec);
}

void testec_events_forget(struct testec *ec)
{
	struct testec_run *run, *next;

	lockdep_assert_held(&ec->lock);
	list_for_each_entry_safe(run, next, &ec->runs, node) {
		list_del(&run->node);
		kfree(run);
	}
	ec->waiting = 0;
	ec->stream.left = 0;
	cancel_delayed_work(&ec->tick);
}

/* Queues events. A work item delivers them. */
int testec_events_add(struct testec *ec, const struct testec_run *events)
{
	int ret = testec_events_queue(ec, events);

	if (!ret)
		schedule_work(&ec->raise);
	return ret;
}

/* Queues one event every @ms from now on. Replaces an earlier stream. */
void testec_events_stream(struct testec *ec, const struct testec_run *events, u32 ms)
{
	lockdep_assert_held(&ec->lock);
	ec->stream = *events;
	ec->stream_ms = ms;
	mod_delayed_work(system_percpu_wq, &ec->tick, msecs_to_jiffies(ms));
}

/* Queues events, and returns after the core has called its notifiers. */
int testec_events_raise(struct testec *ec, const struct testec_run *events)
{
	int ret;

	scoped_guard(mutex, &ec->lock)
		ret = testec_events_queue(ec, events);
	if (!ret)
		testec_events_deliver(ec);
	return ret;
}

/* EC_CMD_GET_NEXT_EVENT */
u16 testec_events_next(struct testec *ec, struct testec_reply *reply)
{
	struct testec_run *run;

	guard(mutex)(&ec->lock);
	run = list_first_entry_or_null(&ec->runs, struct testec_run, node);
	if (!run)
		return EC_RES_UNAVAILABLE;
	reply->data[0] = run->type;
	memcpy(reply->data + 1, run->data, run->len);
	if (run->numbered)
		put_unaligned_le32(run->number++, reply->data + 1);
	reply->len = 1 + run->len;
	if (!--run->left) {
		list_del(&run->node);
		ec->waiting--;
		kfree(run);
	}
	if (!list_empty(&ec->runs))
		reply->data[0] |= EC_MKBP_HAS_MORE_EVENTS;
	return EC_RES_SUCCESS;
}
