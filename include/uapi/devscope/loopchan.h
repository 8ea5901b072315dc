/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The loopchan sample driver: /dev/loopchan makes pairs of character devices.
 * What is written to one end is read from the other.
 *
 * read() blocks until there is something, at most LOOPCHAN_CHUNK bytes of it;
 * EAGAIN with O_NONBLOCK; 0 where the other end is gone and nothing is left.
 *
 * write() blocks until something fits, and takes at most LOOPCHAN_CHUNK bytes;
 * EAGAIN with O_NONBLOCK; EPIPE where the other end is gone.
 *
 * poll(): EPOLLIN and EPOLLOUT where these do not block.
 *
 * An end goes with the last close of the descriptor that came with it. Then
 * ENODEV for those who have opened its node.
 */
#ifndef _UAPI_DEVSCOPE_LOOPCHAN_H
#define _UAPI_DEVSCOPE_LOOPCHAN_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* The ends have nodes, /dev/loopchanN. */
#define LOOPCHAN_NODES		0x1
/* The descriptors do not block. */
#define LOOPCHAN_NONBLOCK	0x2

#define LOOPCHAN_CHUNK		256
/* How many ends may have nodes. */
#define LOOPCHAN_MOST		4096

/**
 * struct loopchan_pair - two ends
 * @flags: LOOPCHAN_NODES and LOOPCHAN_NONBLOCK
 * @fds: the descriptors, which are closed at execve()
 */
struct loopchan_pair {
	__u32 flags;
	__s32 fds[2];
};

#define LOOPCHAN_IOC_MAGIC	0xEE

/* Both ends or none. EINVAL for flags that there are not. */
#define LOOPCHAN_IOC_PAIR	_IOWR(LOOPCHAN_IOC_MAGIC, 0x00, struct loopchan_pair)
/* Returns how many ends there are. */
#define LOOPCHAN_IOC_COUNT	_IO(LOOPCHAN_IOC_MAGIC, 0x01)

#endif /* _UAPI_DEVSCOPE_LOOPCHAN_H */
