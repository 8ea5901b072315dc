/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface of /dev/bench-access and /dev/bench-c: ways to access a revocable
 * value, each measured in a loop in the kernel.
 *
 * BENCH_MEASURE takes the number of a way, and returns the nanoseconds that
 * BENCH_LOOPS accesses take; EINVAL for a number that the node does not have. Each
 * way ends with the load of one 32-bit value, and way 0 only loads it.
 *
 * The result is the time of BENCH_LOOPS passes with two accesses, minus that of
 * passes with one: so the loop itself does not count.
 *
 * /dev/bench-map and /dev/bench-map-c: BENCH_PAGES pages of memory to map. BENCH_ZAP
 * zaps all mappings: in C, it only clears the page tables; ours revokes the file.
 *
 * /dev/bench-late: while files of the node are revoked or unplugged, the kernel wakes
 * them with interrupts disabled. BENCH_LATE returns the longest time of this in
 * nanoseconds, and resets it.
 */
#ifndef _BENCH_H
#define _BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define BENCH_LOOPS	1000

#define BENCH_MEASURE	_IOWR(0xBE, 0x01, __u64)

#define BENCH_PAGES	1000

#define BENCH_ZAP	_IO(0xBE, 0x02)

#define BENCH_LATE	_IOR(0xBE, 0x03, __u64)

#endif /* _BENCH_H */
