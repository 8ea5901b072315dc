/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The loopchan sample driver: /dev/loopchan creates pairs of character devices. Data
 * that is written to one end is read from the other.
 *
 * read() blocks until there is data, and returns at most LOOPCHAN_CHUNK bytes; EAGAIN
 * with O_NONBLOCK; 0 if the other end is gone and no data is left.
 *
 * write() blocks until there is room, and takes at most LOOPCHAN_CHUNK bytes; EAGAIN
 * with O_NONBLOCK; EPIPE if the other end is gone.
 *
 * poll(): EPOLLIN and EPOLLOUT if these do not block.
 *
 * The last close of its descriptor removes an end. Files that were opened by its node
 * then return ENODEV.
 */
#ifndef _UAPI_DEVSCOPE_LOOPCHAN_H
#define _UAPI_DEVSCOPE_LOOPCHAN_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* The ends have nodes, /dev/loopchanN. */
#define LOOPCHAN_NODES		0x1
/* The descriptors are non-blocking. */
#define LOOPCHAN_NONBLOCK	0x2

#define LOOPCHAN_CHUNK		256
/* The maximum number of ends with nodes. */
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

/* Creates both ends or none. EINVAL for unknown flags. */
#define LOOPCHAN_IOC_PAIR	_IOWR(LOOPCHAN_IOC_MAGIC, 0x00, struct loopchan_pair)
/* Returns the number of ends. */
#define LOOPCHAN_IOC_COUNT	_IO(LOOPCHAN_IOC_MAGIC, 0x01)

#endif /* _UAPI_DEVSCOPE_LOOPCHAN_H */
