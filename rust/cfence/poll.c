// SPDX-License-Identifier: GPL-2.0
/*
 * Pollers of a C driver.
 *
 * A poller stays on a wait queue for as long as it likes: epoll until the file is
 * closed. The driver's queues go with the driver's data, which may be before that.
 * So pollers are on a queue of the open file's instead, which a relay on that of the
 * driver's wakes. They follow as many queues as the driver has: Linux AIO follows
 * one at most, io_uring two.
 */

#include <linux/poll.h>
#include <linux/slab.h>

#include "cfence.h"

/* What the driver's poll() gets in place of the caller's table. */
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

	/* The queue goes, and this is the last that it does: see fs/eventpoll.c. */
	if (events & POLLFREE) {
		list_del_init(&entry->entry);
		/* Pairs with the one in devscope_detach_relays(). */
		smp_store_release(&relay->theirs, NULL);
	}
	__wake_up(&relay->pollers, mode, 1, poll_to_key(events & ~POLLFREE));
	return 0;
}

static struct devscope_relay *find_relay(struct devscope_file *open,
					 wait_queue_head_t *theirs)
{
	/* Pairs with the one in get_relay(). */
	struct devscope_relay *relay = smp_load_acquire(&open->relays);

	while (relay && READ_ONCE(relay->theirs) != theirs)
		relay = relay->next;
	return relay;
}

/* The relay of a queue, which is made if there is none yet; or NULL. */
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
	/* It is complete. */
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
 * What a poller is told when the device is gone. poll() and epoll ask for EPOLLHUP and
 * EPOLLERR by themselves. select() for exceptions does not, and is told EPOLLPRI; nor
 * does io_uring, where it asks whether a call comes back at once, and now it does.
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

/* poll() of a caller that is to be woken. */
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
	/* It would not be woken. */
	if (ours.failed)
		ret |= EPOLLERR;
	/* It is on the queue by now, and was perhaps not when all were woken. */
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
 * A caller that is not to be woken is told what is so at a moment at which it was
 * inside. If it is on a queue since it asked before, it is woken at the end, and asks
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

/* Tells all pollers, once, that there is something to ask for: see gone(). */
void devscope_wake_pollers(struct devscope_file *open)
{
	/* Pairs with the one in get_relay(). */
	struct devscope_relay *relay = smp_load_acquire(&open->relays);

	for (; relay; relay = relay->next)
		__wake_up(&relay->pollers, TASK_NORMAL, 0, NULL);
}

/* Takes the relays off the driver's queues, which may go then. */
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
