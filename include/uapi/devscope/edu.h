/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The edu sample driver: two character devices, /dev/eduN and /dev/eduN-ram, for
 * each of QEMU's "edu" PCI devices.
 *
 * /dev/eduN computes factorials modulo 2^32.
 *
 * write(): one or more native-endian __u32 (EINVAL for anything else). They are added
 * to a queue of EDU_QUEUE_DEPTH numbers; write() does not wait for their factorials.
 * It adds as many numbers as fit, and returns their size in bytes. If none fits, it
 * blocks; EAGAIN with O_NONBLOCK.
 *
 * read(): the latest result that this open file has not read yet, a native-endian
 * __u32 (EINVAL for a buffer below 4 bytes). Every open file gets every new result,
 * also of numbers from other files; a newer result replaces one that was not read.
 * Blocks until there is one; EAGAIN with O_NONBLOCK. If a number takes the device
 * longer than a second, its result is the error ETIMEDOUT, once.
 *
 * poll(): EPOLLIN with a result to read, EPOLLOUT with room for a number.
 *
 * /dev/eduN-ram is the device's own memory, EDU_RAM_SIZE bytes: read(), write(),
 * pread(), pwrite(), lseek(). Each call is one DMA transfer, which takes a tenth of a
 * second and is atomic. A call waits while another call uses the DMA engine; EAGAIN
 * with O_NONBLOCK. ENOSPC for a write() at the end.
 *
 * mmap() of /dev/eduN-ram, shared and for reading (EACCES for writing), is the DMA
 * buffer of all transfers: EDU_RAM_SIZE bytes, at offset 0. EDU_IOC_FETCH transfers
 * bytes there without a further copy; the next transfer of any program replaces them.
 * SIGBUS when the device is gone.
 */
#ifndef _UAPI_DEVSCOPE_EDU_H
#define _UAPI_DEVSCOPE_EDU_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct edu_ident - the fields of the device's identification register
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
 * @length: its length in bytes
 */
struct edu_range {
	__u32 offset;
	__u32 length;
};

#define EDU_QUEUE_DEPTH	64
#define EDU_RAM_SIZE	4095

#define EDU_IOC_MAGIC	0xED

/* Returns the identification. */
#define EDU_IOC_IDENT	_IOR(EDU_IOC_MAGIC, 0x00, struct edu_ident)
/* Checks the device: it returns the bitwise inverse of the pattern. */
#define EDU_IOC_ALIVE	_IOWR(EDU_IOC_MAGIC, 0x01, __u32)
/*
 * /dev/eduN-ram: transfers a part of the memory to the start of the buffer. EINVAL if
 * the part is empty or not in the memory.
 */
#define EDU_IOC_FETCH	_IOW(EDU_IOC_MAGIC, 0x02, struct edu_range)

#endif /* _UAPI_DEVSCOPE_EDU_H */
