/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The interface of /dev/bench-access and /dev/bench-c: ways to reach a value that
 * may be taken back, each measured in a loop in the kernel.
 *
 * BENCH_MEASURE takes the number of a way and returns the nanoseconds that it
 * takes BENCH_LOOPS times; EINVAL for a number that the node does not have. Each
 * way ends in the load of one 32-bit value, and way 0 is no more than that.
 *
 * What is returned is the time of as many passes with two of it, without that of
 * passes with one: the loop itself does not count.
 *
 * /dev/bench-map and /dev/bench-map-c: BENCH_PAGES pages of memory to map. BENCH_ZAP
 * takes them from all who have: in C, from the page tables and no more; ours
 * revokes the file.
 *
 * /dev/bench-late: BENCH_LATE returns for how many nanoseconds interrupts were
 * disabled at most while files of the node were told that they are revoked or their
 * device unplugged, and forgets it.
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
