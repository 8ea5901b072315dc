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
 */
#ifndef _BENCH_H
#define _BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define BENCH_LOOPS	1000

#define BENCH_MEASURE	_IOWR(0xBE, 0x01, __u64)

#define BENCH_PAGES	1000

#define BENCH_ZAP	_IO(0xBE, 0x02)

#endif /* _BENCH_H */
