// SPDX-License-Identifier: GPL-2.0
/*
 * Pollers of a C driver.
 *
 * A poller may stay on a wait queue for any time: epoll stays until the file is
 * closed. The driver's queues are freed with its data, which may be earlier. So
 * pollers are on a queue of the open file instead. A relay on the driver's queue
 * wakes this queue. There is one for each queue of the driver: Linux AIO supports one
 * queue at most, io_uring two.
 */

#include <linux/poll.h>
#include <linux/slab.h>

#include "cfence.h"

/* The table that the driver's poll() gets instead of the caller's. */
struct devscope_poll_table {
	poll_table table;
	poll_table *callers;
	struct devscope_file *open;
	bool failed;
};

static int relay_wake(struct wait_queue_entry *entry, unsigned int mode,
		      int flags, void *key)
{
	struct devscope_relay *relay =
		container_of(entry, struct devscope_relay, entry);
	__poll_t events = key_to_poll(key);

	/*
	 * The queue is being freed, and this is its last wake-up: see fs/eventpoll.c.
	 */
	if (events & POLLFREE) {
		list_del_init(&entry->entry);
		/* Pairs with the load in devscope_detach_relays(). */
		smp_store_release(&relay->theirs, NULL);
	}
	__wake_up(&relay->pollers, mode, 1, poll_to_key(events & ~POLLFREE));
	return 0;
}

static struct devscope_relay *find_relay(struct devscope_file *open,
					 wait_queue_head_t *theirs)
{
	/* Pairs with the store in get_relay(). */
	struct devscope_relay *relay = smp_load_acquire(&open->relays);

	while (relay && READ_ONCE(relay->theirs) != theirs)
		relay = relay->next;
	return relay;
}

/*
 * Returns the relay of a queue, which is created if there is none; NULL on failure.
 */
static struct devscope_relay *get_relay(struct devscope_file *open,
					wait_queue_head_t *theirs)
{
	struct devscope_relay *relay = find_relay(open, theirs);

	if (relay)
		return relay;
	guard(mutex)(&open->fence->lock);
	relay = find_relay(open, theirs);
	if (relay)
		return relay;
	relay = open->relays ? kzalloc_obj(*relay) : &open->first_relay;
	if (!relay)
		return NULL;
	init_waitqueue_head(&relay->pollers);
	init_waitqueue_func_entry(&relay->entry, relay_wake);
	relay->theirs = theirs;
	relay->next = open->relays;
	add_wait_queue(theirs, &relay->entry);
	/* The relay is complete. */
	smp_store_release(&open->relays, relay);
	return relay;
}

static void queue_poller(struct file *file, wait_queue_head_t *theirs,
			 poll_table *table)
{
	struct devscope_poll_table *ours =
		container_of(table, struct devscope_poll_table, table);
	struct devscope_relay *relay = get_relay(ours->open, theirs);

	if (relay)
		ours->callers->_qproc(file, &relay->pollers, ours->callers);
	else
		ours->failed = true;
}

/*
 * The events for a poller when the device is gone. poll() and epoll always ask for
 * EPOLLHUP and EPOLLERR. select() for exceptions does not, and gets EPOLLPRI; nor
 * does io_uring when it asks whether a call returns at once, which is now true.
 */
static __poll_t gone(const poll_table *table)
{
	const __poll_t gone = EPOLLHUP | EPOLLERR;
	__poll_t unseen = EPOLLPRI;

	if (!table || (table->_key & gone))
		return gone;
	if (!table->_qproc)
		unseen |= EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM;
	return gone | (table->_key & unseen);
}

/* poll() of a caller that waits for a wake-up. */
static noinline __poll_t poll_and_queue(struct file *file, poll_table *table)
{
	struct devscope_file *open = devscope_file(file);
	struct devscope_poll_table ours = {
		.table._qproc = queue_poller,
		.table._key = table->_key,
		.callers = table,
		.open = open,
	};
	unsigned long *place = devscope_enter(open, DEVSCOPE_GENTLY);
	__poll_t ret;

	if (!place)
		return gone(table);
	ret = open->theirs->poll(file, &ours.table);
	/* The caller would not be woken. */
	if (ours.failed)
		ret |= EPOLLERR;
	/*
	 * The caller is on the queue now, but may not have been when all were woken.
	 */
	if (READ_ONCE(open->fence->ended))
		ret = gone(table);
	devscope_leave(open, place, 0);
	return ret;
}

static noinline __poll_t poll_slowly(struct file *file, poll_table *table,
				     unsigned long *place)
{
	struct devscope_file *open = devscope_file(file);

	devscope_give_up(place);
	place = devscope_enter(open, DEVSCOPE_GENTLY);
	if (!place)
		return gone(table);
	return devscope_leave(open, place, open->theirs->poll(file, table));
}

/*
 * A caller that does not wait for a wake-up gets the events of a time at which it was
 * inside. If it is on a queue from an earlier call, it is woken at the end, and polls
 * again.
 */
__poll_t devscope_poll(struct file *file, poll_table *table)
{
	struct devscope_file *open = devscope_file(file);
	unsigned long *place;

	if (table && table->_qproc)
		return poll_and_queue(file, table);
	if (unlikely(!devscope_try_enter(open, DEVSCOPE_GENTLY, &place)))
		return poll_slowly(file, table, place);
	return devscope_leave(open, place, open->theirs->poll(file, table));
}

/* Wakes all pollers, once, so that they poll again: see gone(). */
void devscope_wake_pollers(struct devscope_file *open)
{
	/* Pairs with the store in get_relay(). */
	struct devscope_relay *relay = smp_load_acquire(&open->relays);

	for (; relay; relay = relay->next)
		__wake_up(&relay->pollers, TASK_NORMAL, 0, NULL);
}

/* Takes the relays off the driver's queues, which may be freed after this. */
void devscope_detach_relays(struct devscope_file *open)
{
	struct devscope_relay *relay = open->relays;

	for (; relay; relay = relay->next) {
		wait_queue_head_t *theirs;

		guard(rcu)();
		/* After POLLFREE, the queue is freed by RCU. */
		theirs = smp_load_acquire(&relay->theirs);
		if (theirs)
			remove_wait_queue(theirs, &relay->entry);
	}
}

void devscope_free_relays(struct devscope_file *open)
{
	struct devscope_relay *relay = open->relays;

	while (relay) {
		struct devscope_relay *next = relay->next;

		if (relay != &open->first_relay)
			kfree(relay);
		relay = next;
	}
}
