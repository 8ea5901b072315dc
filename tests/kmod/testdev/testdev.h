/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The test driver's interface. For each of QEMU's "pci-testdev" devices:
 *
 * /dev/testdevN: a FIFO of TESTDEV_FIFO_SIZE bytes, shared by all who have the
 * device open. read() takes what is there and blocks while it is empty,
 * write() puts in what fits and blocks while it is full; EAGAIN with
 * O_NONBLOCK and RWF_NOWAIT. fsync() blocks until it is empty, or the same
 * EAGAIN. Not seekable. mmap() has the registers of BAR 0. The ioctls and the
 * commands of io_uring below.
 *
 * /dev/testdevN-mem: TESTDEV_MEM_SIZE bytes of memory with a file position:
 * read(), write(), pread(), pwrite(), lseek(). Mode 0640. fsync() and close()
 * say EIO while its first byte is 0xff. fdinfo has how often each was called,
 * and the last fsync(): from, to, and whether it was for the data alone.
 *
 * /dev/testdevN-map: what can be mapped, shared: the registers of BAR 0 at 0,
 * without caches; a status page at TESTDEV_MAP_STATUS, which nobody writes and
 * which begins with TESTDEV_MAP_MAGIC; TESTDEV_MAP_COUNT pages of memory at
 * TESTDEV_MAP_PAGES. pread() and pwrite() are the driver's own view of these pages,
 * from 0 on.
 * /dev/testdevN-box: what is written (64 bytes at a time at most) comes into the
 * inbox of each file that has the node open, as far as there is room. read() takes
 * from the file's own, and blocks while that is empty. Where a file is revoked,
 * calls say EACCES; where the device is unplugged, what is in the inbox can be
 * read. TESTDEV_REVOKE and what follows it, below.
 *
 * /dev/testchildN, while testchild.ko is loaded: the driver of the auxiliary
 * device testdev.child.N, which uses the registers of its parent. write() has a
 * work item read the first four bytes of the parent's BAR; read() blocks until
 * there is a sample that this file has not read, and returns it, and what is
 * there now: two __u32.
 *
 * Module parameter fail_step: probe fails with EIO at that step (1 to 4).
 */
#ifndef _TESTDEV_H
#define _TESTDEV_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define TESTDEV_FIFO_SIZE	4096
#define TESTDEV_MEM_SIZE	4096

/* In pages of 4096 bytes. */
#define TESTDEV_MAP_STATUS	1
#define TESTDEV_MAP_PAGES	16
#define TESTDEV_MAP_COUNT	4

#define TESTDEV_MAP_MAGIC	0x74657374

struct testdev_bytes {
	__u8 bytes[64];
};

enum testdev_how {
	TESTDEV_INTERRUPTIBLE = 0,
	TESTDEV_KILLABLE = 1,
	TESTDEV_TIMEOUT = 2,	/* interruptible, with timeout_ms */
};

struct testdev_wait {
	__u32 how;
	__u32 timeout_ms;
};

/* A buffer of the caller's; sum is the wrapping sum of its bytes. */
struct testdev_range {
	__u64 addr;
	__u64 len;
	__u64 sum;
};

/* Since the module was loaded, all devices together. */
struct testdev_stats {
	__u64 opens;		/* open() of a FIFO node that succeeded */
	__u64 disconnects;	/* per-file teardowns with the device there */
	__u64 drops;		/* per-file memory freed */
	__u64 wakes;		/* calls of the driver's wake hook */
	__u64 calls;		/* calls on a FIFO node that reached the driver */
	__u64 sweeps;		/* times that all files of a FIFO node were revoked by it */
};

#define TESTDEV_IOC_MAGIC	0xDE

/* Every byte comes back inverted. */
#define TESTDEV_ECHO	_IOWR(TESTDEV_IOC_MAGIC, 0x00, struct testdev_bytes)
/*
 * Sleeps until TESTDEV_RELEASE on the same open file. ETIMEDOUT, EINTR; EAGAIN
 * with O_NONBLOCK, unless TESTDEV_KILLABLE.
 */
#define TESTDEV_WAIT	_IOW(TESTDEV_IOC_MAGIC, 0x01, struct testdev_wait)
/* Ends every TESTDEV_WAIT that sleeps on this open file now. */
#define TESTDEV_RELEASE	_IO(TESTDEV_IOC_MAGIC, 0x02)
/* The argument itself, in ms (at most 5000): works that long, then touches the device. */
#define TESTDEV_WORK	_IO(TESTDEV_IOC_MAGIC, 0x03)
/* Sleeps inside the driver where only its wake hook ends it: ECANCELED. */
#define TESTDEV_HIDDEN	_IO(TESTDEV_IOC_MAGIC, 0x04)
#define TESTDEV_STATS	_IOR(TESTDEV_IOC_MAGIC, 0x05, struct testdev_stats)
/* Writes byte i & 0xff to addr[i], at most 1 MiB (EINVAL above). */
#define TESTDEV_FILL	_IOWR(TESTDEV_IOC_MAGIC, 0x06, struct testdev_range)
/* Reads addr[0..len], at most 1 MiB, and returns the sum in the struct. */
#define TESTDEV_SUM	_IOWR(TESTDEV_IOC_MAGIC, 0x07, struct testdev_range)
/* Returns sizeof(long) of the caller: 8, or 4 through compat_ioctl. */
#define TESTDEV_LONG	_IO(TESTDEV_IOC_MAGIC, 0x08)

/*
 * The argument itself: ends all commands of the device that TESTDEV_URING_KEEP has
 * made wait, with that number. Returns how many had not ended before.
 */
#define TESTDEV_COMPLETE	_IO(TESTDEV_IOC_MAGIC, 0x09)
/* Revokes the open file. */
#define TESTDEV_REVOKE	_IO(TESTDEV_IOC_MAGIC, 0x0a)
/* Has all open files of the node revoked, by a work item, perhaps later. */
#define TESTDEV_REVOKE_ALL_FILES	_IO(TESTDEV_IOC_MAGIC, 0x0b)

/* What is in a command of io_uring; cmd_op is one of the enum. ENOTTY. */
struct testdev_command {
	__u32 value;
	__u32 ms;
};

enum testdev_uring {
	TESTDEV_URING_NOW = 0,	/* ends at once, with value */
	TESTDEV_URING_KEEP = 1,	/* ends with TESTDEV_COMPLETE; ENOSPC */
	TESTDEV_URING_SOON = 2,	/* ends in an interrupt, ms from now; ENOSPC */
	TESTDEV_URING_EARLY = 3, /* ends before the driver's method returns */
	TESTDEV_URING_DROP = 4,	/* is kept and dropped: ECANCELED */
	TESTDEV_URING_CHANGE = 5, /* is kept, but the method says EIO */
	TESTDEV_URING_WAIT = 6,	/* ends with TESTDEV_RELEASE, as TESTDEV_WAIT */
	TESTDEV_URING_LONG = 7,	/* 20 numbers, in 80 bytes: all of them xor-ed */
};

/* What the driver says of the pages, by this file, from now on. */
enum testdev_map_answer {
	TESTDEV_MAP_HONEST = 0,
	TESTDEV_MAP_OTHER_CACHE = 1,	/* the first of them are the registers */
	TESTDEV_MAP_ERROR = 2,		/* EIO */
	TESTDEV_MAP_READ_ONLY = 3,
};

/* /dev/testdevN-map: the argument itself is an enum testdev_map_answer. */
#define TESTDEV_MAP_ANSWER	_IO(TESTDEV_IOC_MAGIC, 0x20)
/* /dev/testdevN-map: revokes the open file. */
#define TESTDEV_MAP_REVOKE	_IO(TESTDEV_IOC_MAGIC, 0x21)
/* How to revoke. In steps, TESTDEV_STUCK ends in between. */
enum testdev_revoke {
	TESTDEV_AT_ONCE = 0,
	TESTDEV_IN_STEPS = 1,
	TESTDEV_DROPPED = 2,	/* the second step is that a value is dropped */
	TESTDEV_FORGOTTEN = 3,	/* there is no second step */
};

/*
 * /dev/testdevN-box. The argument of the first three is the enum. They revoke the
 * file that they are called on; all others, and "!" comes into the inbox; all
 * files, by a work item, perhaps later.
 */
#define TESTDEV_BOX_REVOKE	_IO(TESTDEV_IOC_MAGIC, 0x20)
#define TESTDEV_REVOKE_OTHERS	_IO(TESTDEV_IOC_MAGIC, 0x21)
#define TESTDEV_REVOKE_ALL	_IO(TESTDEV_IOC_MAGIC, 0x22)
/* Sleeps inside the driver where only its hook for this file ends it: ECANCELED. */
#define TESTDEV_BOX_HIDDEN	_IO(TESTDEV_IOC_MAGIC, 0x23)
/* The same where only one who revokes in steps ends it. */
#define TESTDEV_STUCK		_IO(TESTDEV_IOC_MAGIC, 0x24)
/* Sleeps inside the driver, interruptibly, where nothing of the driver's ends it. */
#define TESTDEV_UNSEEN		_IO(TESTDEV_IOC_MAGIC, 0x26)
/* Since the module was loaded: files made, connected, disconnected, freed. */
#define TESTDEV_BOX_COUNTS	_IOR(TESTDEV_IOC_MAGIC, 0x25, __u64[4])

/* /dev/testchildN: uses its own cookie for the parent's resource. EINVAL. */
#define TESTCHILD_OWN_COOKIE	_IO(TESTDEV_IOC_MAGIC, 0x40)

#endif /* _TESTDEV_H */
