/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The framework's data in an io_uring command.
 */
#ifndef _DEVSCOPE_URING_H
#define _DEVSCOPE_URING_H

#include <linux/io_uring/cmd.h>

struct devscope_uring_pdu {
	void *command;
	void (*complete)(struct io_uring_cmd *cmd, unsigned int issue_flags);
};

static inline struct devscope_uring_pdu *
devscope_uring_pdu(const struct io_uring_cmd *cmd)
{
	return io_uring_cmd_to_pdu((struct io_uring_cmd *)cmd,
				   struct devscope_uring_pdu);
}

#endif /* _DEVSCOPE_URING_H */
