// SPDX-License-Identifier: GPL-2.0

#include <linux/io_uring/cmd.h>

#include "../uring.h"

__devscope_helper bool devscope_uring_cancels(unsigned int issue_flags)
{
	return issue_flags & IO_URING_F_CANCEL;
}

__devscope_helper bool devscope_uring_nonblocking(unsigned int issue_flags)
{
	return issue_flags & IO_URING_F_NONBLOCK;
}

__devscope_helper bool devscope_uring_is_long(unsigned int issue_flags)
{
	return issue_flags & IO_URING_F_SQE128;
}

__devscope_helper struct file *
devscope_uring_file(const struct io_uring_cmd *cmd)
{
	return cmd->file;
}

__devscope_helper unsigned int
devscope_uring_op(const struct io_uring_cmd *cmd)
{
	return cmd->cmd_op;
}

__devscope_helper bool
devscope_uring_wants_more(const struct io_uring_cmd *cmd)
{
	return cmd->flags & IORING_URING_CMD_MASK;
}

__devscope_helper const void *
devscope_uring_payload(const struct io_uring_cmd *cmd)
{
	BUILD_BUG_ON(sizeof(struct io_uring_sqe) -
		     offsetof(struct io_uring_sqe, cmd) != 16);
	return cmd->sqe->cmd;
}

__devscope_helper void devscope_uring_set_command(struct io_uring_cmd *cmd,
						  void *command)
{
	devscope_uring_pdu(cmd)->command = command;
}

__devscope_helper void *
devscope_uring_command(const struct io_uring_cmd *cmd)
{
	return devscope_uring_pdu(cmd)->command;
}

__devscope_helper void
devscope_uring_mark_cancelable(struct io_uring_cmd *cmd,
			       unsigned int issue_flags)
{
	io_uring_cmd_mark_cancelable(cmd, issue_flags);
}

__devscope_helper void devscope_uring_done(struct io_uring_cmd *cmd, int result,
					   unsigned int issue_flags)
{
	io_uring_cmd_done(cmd, result, issue_flags);
}
