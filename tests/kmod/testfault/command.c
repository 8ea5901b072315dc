// SPDX-License-Identifier: GPL-2.0
/*
 * io_uring commands: each waits until there is an event, it is cancelled, or the device
 * is gone.
 */

#include <linux/io_uring/cmd.h>
#include <linux/list.h>

#include "testfault.h"

/* The driver's data in struct io_uring_cmd. */
struct testfault_command {
	struct list_head list;
	struct io_uring_cmd *command;
	int result;
};

static struct testfault_command *testfault_command_of(struct io_uring_cmd *command)
{
	return io_uring_cmd_to_pdu(command, struct testfault_command);
}

static void testfault_command_done(struct io_tw_req req, io_tw_token_t token)
{
	struct io_uring_cmd *command = io_uring_cmd_from_tw(req);
	int result = testfault_command_of(command)->result;

	io_uring_cmd_done(command, result, IO_URING_CMD_TASK_WORK_ISSUE_FLAGS);
}

/* Ends the first command. Returns whether there was one. */
bool testfault_end_command(struct testfault *it, int result)
{
	struct testfault_command *first;

	spin_lock(&it->lock);
	first = list_first_entry_or_null(&it->commands, struct testfault_command, list);
	if (first)
		list_del_init(&first->list);
	spin_unlock(&it->lock);
	if (!first)
		return false;
	first->result = result;
	/* The caller may hold the lock of its ring. */
	io_uring_cmd_complete_in_task(first->command, testfault_command_done);
	return true;
}

static int testfault_cancel(struct testfault *it, struct io_uring_cmd *command,
			    unsigned int flags)
{
	struct testfault_command *own = testfault_command_of(command);
	bool waits;

	spin_lock(&it->lock);
	waits = !list_empty(&own->list);
	list_del_init(&own->list);
	spin_unlock(&it->lock);
	if (waits)
		io_uring_cmd_done(command, -ECANCELED, flags);
	return 0;
}

int testfault_uring_cmd(struct io_uring_cmd *command, unsigned int flags)
{
	struct testfault_command *own = testfault_command_of(command);
	struct testfault *it = testfault_of(command->file);
	int ret;

	if (flags & IO_URING_F_CANCEL)
		return testfault_cancel(it, command, flags);
	ret = testfault_enter(it);
	if (ret)
		return ret;
	INIT_LIST_HEAD(&own->list);
	own->command = command;
	/* From here on an event, remove() or a cancellation must end it. */
	io_uring_cmd_mark_cancelable(command, flags);
	spin_lock(&it->lock);
	if (!it->gone)
		list_add_tail(&own->list, &it->commands);
	else
		ret = -ENODEV;
	spin_unlock(&it->lock);
	if (ret)
		io_uring_cmd_done(command, ret, flags);
	testfault_leave(it);
	return -EIOCBQUEUED;
}
