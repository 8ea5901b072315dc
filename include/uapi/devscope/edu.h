/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The edu sample driver: a character device, /dev/eduN, for each of QEMU's
 * "edu" PCI devices.
 *
 * write(): a native-endian __u32 (4 bytes exactly, else EINVAL). The device
 * computes its factorial modulo 2^32, and every open file has a new result.
 *
 * read(): the latest result that this open file has not read yet, a
 * native-endian __u32 (EINVAL for a buffer below 4 bytes). Blocks until there
 * is one; EAGAIN with O_NONBLOCK.
 *
 * poll(): EPOLLIN with a result to read, EPOLLOUT always.
 */
#ifndef _UAPI_DEVSCOPE_EDU_H
#define _UAPI_DEVSCOPE_EDU_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct edu_ident - the device's identification register, taken apart
 * @magic: always 0xed
 * @major: major version of the device
 * @minor: minor version of the device
 * @reserved: zero
 */
struct edu_ident {
	__u8 magic;
	__u8 major;
	__u8 minor;
	__u8 reserved;
};

#define EDU_IOC_MAGIC	0xED

/* Who is there. */
#define EDU_IOC_IDENT	_IOR(EDU_IOC_MAGIC, 0x00, struct edu_ident)
/* Is it alive: the device answers with the bitwise inverse of the pattern. */
#define EDU_IOC_ALIVE	_IOWR(EDU_IOC_MAGIC, 0x01, __u32)

#endif /* _UAPI_DEVSCOPE_EDU_H */
