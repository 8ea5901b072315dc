/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The test driver's interface. For each of QEMU's "pci-testdev" devices:
 *
 * /dev/testdevN: a FIFO of TESTDEV_FIFO_SIZE bytes, shared by all open files of
 * the device. read() takes data, and blocks while the FIFO is empty. write() adds
 * the data that fits, and blocks while the FIFO is full. fsync() blocks until the
 * FIFO is empty. Instead of blocking, they return EAGAIN with O_NONBLOCK or
 * RWF_NOWAIT. Not seekable. mmap() maps the registers of BAR 0. The ioctls and
 * io_uring commands are below.
 *
 * /dev/testdevN-mem: TESTDEV_MEM_SIZE bytes of memory with a file position:
 * read(), write(), pread(), pwrite(), lseek(). Mode 0640. fsync() and close()
 * return EIO while its first byte is 0xff. fdinfo has the number of calls of each,
 * and the last fsync(): from, to, and whether it was for the data only.
 *
 * /dev/testdevN-map: shared mappings: the registers of BAR 0 at offset 0, uncached;
 * a read-only status page at TESTDEV_MAP_STATUS, which begins with
 * TESTDEV_MAP_MAGIC; TESTDEV_MAP_COUNT pages of memory at TESTDEV_MAP_PAGES.
 * pread() and pwrite() access these pages through the driver, from offset 0.
 *
 * /dev/testdevN-box: write() (of 64 bytes at most) adds the data to the inbox of
 * each open file, as far as it fits. read() takes from the inbox of its file, and
 * blocks while this is empty. Calls on a revoked file return EACCES. After unplug,
 * the inbox can still be read. The ioctls are TESTDEV_BOX_REVOKE and following.
 *
 * /dev/testchildN, while testchild.ko is loaded: the driver of the auxiliary
 * device testdev.child.N, which uses the registers of its parent. write() makes a
 * work item read the first four bytes of the parent's BAR. read() blocks until
 * there is a sample that this file has not read, and returns two __u32: the sample
 * and the present value.
 *
 * With the module parameter fail_step, probe fails with EIO at this step (1 to 4).
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

/* A buffer of the caller. sum is the wrapping sum of its bytes. */
struct testdev_range {
	__u64 addr;
	__u64 len;
	__u64 sum;
};

/* Counts since the module was loaded, for all devices together. */
struct testdev_stats {
	__u64 opens;		/* open() of a FIFO node that succeeded */
	__u64 disconnects;	/* per-file teardowns with the device there */
	__u64 drops;		/* per-file memory freed */
	__u64 wakes;		/* calls of the driver's wake hook */
	__u64 calls;		/* calls on a FIFO node that reached the driver */
	__u64 sweeps;		/* times that all files of a FIFO node were revoked by it */
};

#define TESTDEV_IOC_MAGIC	0xDE

/* Returns each byte inverted. */
#define TESTDEV_ECHO	_IOWR(TESTDEV_IOC_MAGIC, 0x00, struct testdev_bytes)
/*
 * Sleeps until TESTDEV_RELEASE on the same open file. ETIMEDOUT, EINTR; EAGAIN
 * with O_NONBLOCK, unless TESTDEV_KILLABLE.
 */
#define TESTDEV_WAIT	_IOW(TESTDEV_IOC_MAGIC, 0x01, struct testdev_wait)
/* Ends every TESTDEV_WAIT that sleeps on this open file now. */
#define TESTDEV_RELEASE	_IO(TESTDEV_IOC_MAGIC, 0x02)
/* Works for the milliseconds in the argument (at most 5000), then accesses the device. */
#define TESTDEV_WORK	_IO(TESTDEV_IOC_MAGIC, 0x03)
/* Sleeps inside until the driver's wake hook: ECANCELED. */
#define TESTDEV_HIDDEN	_IO(TESTDEV_IOC_MAGIC, 0x04)
#define TESTDEV_STATS	_IOR(TESTDEV_IOC_MAGIC, 0x05, struct testdev_stats)
/* Writes byte i & 0xff to addr[i], at most 1 MiB (EINVAL above). */
#define TESTDEV_FILL	_IOWR(TESTDEV_IOC_MAGIC, 0x06, struct testdev_range)
/* Reads addr[0..len], at most 1 MiB, and returns the sum in the struct. */
#define TESTDEV_SUM	_IOWR(TESTDEV_IOC_MAGIC, 0x07, struct testdev_range)
/* Returns sizeof(long) of the caller: 8, or 4 through compat_ioctl. */
#define TESTDEV_LONG	_IO(TESTDEV_IOC_MAGIC, 0x08)

/*
 * Ends all TESTDEV_URING_KEEP commands of the device with the number in the argument.
 * Returns how many had not ended before.
 */
#define TESTDEV_COMPLETE	_IO(TESTDEV_IOC_MAGIC, 0x09)
/* Revokes the open file. */
#define TESTDEV_REVOKE	_IO(TESTDEV_IOC_MAGIC, 0x0a)
/* Queues a work item that revokes all open files of the node. */
#define TESTDEV_REVOKE_ALL_FILES	_IO(TESTDEV_IOC_MAGIC, 0x0b)

/* The payload of an io_uring command. ENOTTY if cmd_op is not in the enum. */
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
	TESTDEV_URING_CHANGE = 5, /* is kept, but the method returns EIO */
	TESTDEV_URING_WAIT = 6,	/* ends with TESTDEV_RELEASE, as TESTDEV_WAIT */
	TESTDEV_URING_LONG = 7,	/* 20 numbers, in 80 bytes: all of them xor-ed */
};

/* What mmap() of the driver answers for the pages, for this file, from now on. */
enum testdev_map_answer {
	TESTDEV_MAP_HONEST = 0,
	TESTDEV_MAP_OTHER_CACHE = 1,	/* the first of them are the registers */
	TESTDEV_MAP_ERROR = 2,		/* EIO */
	TESTDEV_MAP_READ_ONLY = 3,
};

/* /dev/testdevN-map: the argument is an enum testdev_map_answer. */
#define TESTDEV_MAP_ANSWER	_IO(TESTDEV_IOC_MAGIC, 0x20)
/* /dev/testdevN-map: revokes the open file. */
#define TESTDEV_MAP_REVOKE	_IO(TESTDEV_IOC_MAGIC, 0x21)
/* How to revoke. In steps, TESTDEV_STUCK ends between the two. */
enum testdev_revoke {
	TESTDEV_AT_ONCE = 0,
	TESTDEV_IN_STEPS = 1,
	TESTDEV_DROPPED = 2,	/* the second step is that a value is dropped */
	TESTDEV_FORGOTTEN = 3,	/* there is no second step */
};

/*
 * /dev/testdevN-box. The argument of the first three is an enum testdev_revoke.
 * They revoke: this file; all other files, and add "!" to the inbox of this one;
 * all files, by a work item.
 */
#define TESTDEV_BOX_REVOKE	_IO(TESTDEV_IOC_MAGIC, 0x20)
#define TESTDEV_REVOKE_OTHERS	_IO(TESTDEV_IOC_MAGIC, 0x21)
#define TESTDEV_REVOKE_ALL	_IO(TESTDEV_IOC_MAGIC, 0x22)
/* Sleeps inside until the driver's wake_file hook for this file: ECANCELED. */
#define TESTDEV_BOX_HIDDEN	_IO(TESTDEV_IOC_MAGIC, 0x23)
/* The same, until a revocation in steps. */
#define TESTDEV_STUCK		_IO(TESTDEV_IOC_MAGIC, 0x24)
/* Sleeps inside, interruptibly, and nothing in the driver ends it. */
#define TESTDEV_UNSEEN		_IO(TESTDEV_IOC_MAGIC, 0x26)
/* Since the module was loaded: files created, connected, disconnected, freed. */
#define TESTDEV_BOX_COUNTS	_IOR(TESTDEV_IOC_MAGIC, 0x25, __u64[4])

/* /dev/testchildN: uses its own cookie for the parent's resource. EINVAL. */
#define TESTCHILD_OWN_COOKIE	_IO(TESTDEV_IOC_MAGIC, 0x40)

#endif /* _TESTDEV_H */
