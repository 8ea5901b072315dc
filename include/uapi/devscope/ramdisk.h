/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The ramdisk sample driver: /dev/ramdisk creates disks in memory, /dev/ramdiskN, and
 * returns a descriptor of each.
 *
 * A disk is removed when it is not open and not mounted any more.
 */
#ifndef _UAPI_DEVSCOPE_RAMDISK_H
#define _UAPI_DEVSCOPE_RAMDISK_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* The disk is read-only and has zeros. */
#define RAMDISK_READ_ONLY	0x1
/* The disk supports discards. */
#define RAMDISK_DISCARD		0x2
/* The descriptor is read-only. */
#define RAMDISK_OPEN_READ	0x4
/* As with O_EXCL: the disk cannot be mounted or claimed otherwise. */
#define RAMDISK_OPEN_EXCL	0x8
/* As with O_DIRECT. */
#define RAMDISK_OPEN_DIRECT	0x10

/* The maximum size in bytes, and the maximum number of disks. */
#define RAMDISK_MAX_SIZE	(64 << 20)
#define RAMDISK_MOST		1024

/**
 * struct ramdisk_create - a disk
 * @size: in bytes, a multiple of the block size
 * @block_size: a power of two, from 512 to the size of a page; 0 stands for 512
 * @flags: RAMDISK_READ_ONLY and so on
 * @diskseq: the unique sequence number, as in BLKGETDISKSEQ (output)
 * @major: of the disk's device number (output)
 * @minor: of the disk's device number (output)
 * @fd: the descriptor, which is closed at execve() (output)
 * @reserved: zero
 */
struct ramdisk_create {
	__u64 size;
	__u32 block_size;
	__u32 flags;
	__u64 diskseq;
	__u32 major;
	__u32 minor;
	__s32 fd;
	__u32 reserved;
};

#define RAMDISK_IOC_MAGIC	0xEF

/* Creates a disk and opens it, or does nothing. EINVAL for invalid arguments. */
#define RAMDISK_IOC_CREATE	_IOWR(RAMDISK_IOC_MAGIC, 0x00, struct ramdisk_create)
/* Returns the number of disks. */
#define RAMDISK_IOC_COUNT	_IO(RAMDISK_IOC_MAGIC, 0x01)

#endif /* _UAPI_DEVSCOPE_RAMDISK_H */
