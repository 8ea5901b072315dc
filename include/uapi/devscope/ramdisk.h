/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The ramdisk sample driver: /dev/ramdisk makes disks of memory, /dev/ramdiskN,
 * and returns the descriptor of each.
 *
 * A disk goes when nobody has it open any more, and nothing is mounted from it.
 */
#ifndef _UAPI_DEVSCOPE_RAMDISK_H
#define _UAPI_DEVSCOPE_RAMDISK_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Nobody can write to the disk, which is all zeros. */
#define RAMDISK_READ_ONLY	0x1
/* The disk takes discards. */
#define RAMDISK_DISCARD		0x2
/* The descriptor is for reading only. */
#define RAMDISK_OPEN_READ	0x4
/* As with O_EXCL: nobody mounts the disk, or claims it otherwise. */
#define RAMDISK_OPEN_EXCL	0x8
/* As with O_DIRECT. */
#define RAMDISK_OPEN_DIRECT	0x10

/* The largest size in bytes, and how many disks there may be. */
#define RAMDISK_MAX_SIZE	(64 << 20)
#define RAMDISK_MOST		1024

/**
 * struct ramdisk_create - a disk
 * @size: in bytes, a multiple of the block size
 * @block_size: a power of two, from 512 to the size of a page; 0 stands for 512
 * @flags: RAMDISK_READ_ONLY and so on
 * @diskseq: what no other disk has, as in BLKGETDISKSEQ (answer)
 * @major: of the disk's number (answer)
 * @minor: of the disk's number (answer)
 * @fd: the descriptor, which is closed at execve() (answer)
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

/* All of it or nothing. EINVAL for what cannot be. */
#define RAMDISK_IOC_CREATE	_IOWR(RAMDISK_IOC_MAGIC, 0x00, struct ramdisk_create)
/* Returns how many disks there are. */
#define RAMDISK_IOC_COUNT	_IO(RAMDISK_IOC_MAGIC, 0x01)

#endif /* _UAPI_DEVSCOPE_RAMDISK_H */
