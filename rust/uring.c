// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the task of a request complete it. In a file of its own, since the helpers
 * may be inlined, and the function that the task calls may not. Until it is
 * completed, a request has a reference to its file, which has one to its driver's
 * module, which has one to this module.
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
