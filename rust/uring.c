// SPDX-License-Identifier: GPL-2.0
/*
 * Has the task of a request complete it. In a file of its own, since the helpers
 * may be inlined: what the task calls stays in this module. A request that is
 * not completed holds its file, the file its driver's module, and that this one.
 */

#include <linux/io_uring/cmd.h>

#include "internal.h"
#include "uring.h"

static void complete_in_task(struct io_tw_req tw_req, io_tw_token_t tw)
{
	struct io_uring_cmd *cmd = io_uring_cmd_from_tw(tw_req);

	devscope_uring_pdu(cmd)->complete(cmd, IO_URING_CMD_TASK_WORK_ISSUE_FLAGS);
}

void devscope_uring_complete_in_task(struct io_uring_cmd *cmd,
				     void (*complete)(struct io_uring_cmd *cmd,
						      unsigned int issue_flags))
{
	devscope_uring_pdu(cmd)->complete = complete;
	io_uring_cmd_complete_in_task(cmd, complete_in_task);
}
