/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The edu sample driver: two character devices, /dev/eduN and /dev/eduN-ram, for
 * each of QEMU's "edu" PCI devices.
 *
 * /dev/eduN computes factorials modulo 2^32.
 *
 * write(): one or more native-endian __u32 (EINVAL for anything else). They wait
 * in a queue of EDU_QUEUE_DEPTH numbers, and write() does not wait for their
 * factorials. As many are taken as fit, which the return value tells in bytes;
 * where none fits, it blocks; EAGAIN with O_NONBLOCK.
 *
 * read(): the latest result that this open file has not read yet, a
 * native-endian __u32 (EINVAL for a buffer below 4 bytes). Every open file has
 * every new result, whoever asked for it; a newer one replaces one that was not
 * read. Blocks until there is one; EAGAIN with O_NONBLOCK. The result of a
 * number that takes the device longer than a second is ETIMEDOUT, once.
 *
 * poll(): EPOLLIN with a result to read, EPOLLOUT with room for a number.
 *
 * /dev/eduN-ram is the device's own memory, EDU_RAM_SIZE bytes: read(), write(),
 * pread(), pwrite(), lseek(). Each call is one DMA transfer, which takes the
 * device a tenth of a second, and is whole: others see all of it or nothing. A
 * call waits while another has the DMA engine; EAGAIN with O_NONBLOCK. ENOSPC
 * for a write() at the end.
 *
 * mmap() of /dev/eduN-ram, shared and for reading (EACCES for writing), is the
 * buffer that every transfer goes through: EDU_RAM_SIZE bytes, at offset 0. With
 * EDU_IOC_FETCH, bytes come there and are not copied; the next transfer, whoever
 * asks for it, replaces them. SIGBUS when the device is gone.
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

/**
 * struct edu_range - a part of the device's own memory
 * @offset: where it starts
 * @length: how many bytes it has
 */
struct edu_range {
	__u32 offset;
	__u32 length;
};

#define EDU_QUEUE_DEPTH	64
#define EDU_RAM_SIZE	4095

#define EDU_IOC_MAGIC	0xED

/* Who is there. */
#define EDU_IOC_IDENT	_IOR(EDU_IOC_MAGIC, 0x00, struct edu_ident)
/* Is it alive: the device answers with the bitwise inverse of the pattern. */
#define EDU_IOC_ALIVE	_IOWR(EDU_IOC_MAGIC, 0x01, __u32)
/*
 * /dev/eduN-ram: moves a part of the memory to the start of the buffer. EINVAL
 * for one that is empty or not in the memory.
 */
#define EDU_IOC_FETCH	_IOW(EDU_IOC_MAGIC, 0x02, struct edu_range)

#endif /* _UAPI_DEVSCOPE_EDU_H */
