// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU's emulator. It says how many of the kernel's cache lines two CPUs
 * write in each of some operations that both do.
 *
 * tests/user/src/bin/bench/fences/lines.rs is the guest's side: it tells this what it
 * does by writes to a page that it uses for nothing else. For each span, a line is
 * written to the file that the argument out= names: how many lines both have written
 * in each operation, and how many writes to them the first CPU has done for one.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu.h"

/* The guest's page: lines.rs has the same. */
#define PAGE		UINT64_C(0x5de5c0de0000)
enum {
	CLEAR = 0x00,		/* a span begins */
	FIRST = 0x08,		/* the first CPU begins */
	SECOND = 0x10,		/* the second CPU begins */
	STOP = 0x18,		/* it ends */
	REPORT = 0x20,		/* the span ends */
	PAGE_END = 0x1000,
};

/* So many operations each CPU does in a span. */
#define OPERATIONS	1000

#define KERNEL		(UINT64_C(1) << 63)
#define LINE_SHIFT	6
#define CPUS		2
#define SLOTS		(1 << 14)

struct line {
	uint64_t line;
	uint64_t writes[CPUS];
};

int qemu_plugin_version = 2;

static struct line lines[SLOTS];
static bool counts, full;
/* Who works. QEMU does not know it, where one CPU runs at a time. */
static unsigned int cpu;
static FILE *out;

static void add(uint64_t line)
{
	size_t at = (line * UINT64_C(0x9e3779b97f4a7c15)) >> 50, tries;

	for (tries = 0; tries < SLOTS; tries++, at = (at + 1) % SLOTS) {
		if (lines[at].line && lines[at].line != line)
			continue;
		lines[at].line = line;
		lines[at].writes[cpu]++;
		return;
	}
	full = true;
}

static void report(void)
{
	uint64_t shared = 0, writes = 0;
	size_t at;

	for (at = 0; at < SLOTS; at++) {
		const uint64_t *by = lines[at].writes;

		if (by[0] < OPERATIONS || by[1] < OPERATIONS)
			continue;
		shared++;
		writes += by[0] / OPERATIONS;
	}
	if (full)
		fprintf(out, "more lines than there is room for\n");
	else
		fprintf(out, "%" PRIu64 " %" PRIu64 "\n", shared, writes);
	fflush(out);
}

static void command(uint64_t what)
{
	switch (what) {
	case CLEAR:
		memset(lines, 0, sizeof(lines));
		full = false;
		break;
	case FIRST:
	case SECOND:
		cpu = what == SECOND;
		counts = true;
		break;
	case STOP:
		counts = false;
		break;
	case REPORT:
		report();
		break;
	}
}

static void written(unsigned int index, uint32_t info, uint64_t address, void *data)
{
	if (address & KERNEL) {
		if (counts)
			add(address >> LINE_SHIFT);
	} else if (address - PAGE < PAGE_END) {
		command(address - PAGE);
	}
}

static void translated(uint64_t id, struct tb *tb)
{
	size_t index, count = qemu_plugin_tb_n_insns(tb);

	for (index = 0; index < count; index++)
		qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, index),
						 written, NO_REGISTERS, WRITES, NULL);
}

int qemu_plugin_install(uint64_t id, const struct info *info, int argc, char **argv)
{
	static const char name[] = "out=";

	if (argc != 1 || strncmp(argv[0], name, strlen(name)))
		return -1;
	out = fopen(argv[0] + strlen(name), "w");
	if (!out)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
