/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An input device that is no hardware, and has all that an input device can have, to test what
 * handles its events. What uinput cannot have is here: a keymap, repetition by the driver, a parent
 * that goes away, and thousands of events at the cost of one system call.
 */
#ifndef TESTINPUT_H
#define TESTINPUT_H

#include <linux/dcache.h>
#include <linux/input.h>
#include <linux/types.h>

#define TESTINPUT_NAME		"testinput"
#define TESTINPUT_KEYMAP	256
#define TESTINPUT_SLOTS		10
#define TESTINPUT_EFFECTS	16

/**
 * struct testinput - The device.
 * @input: What the core knows it as.
 * @keymap: The key code of each scan code, the same number at first.
 * @fail_ff: The errno that force feedback effects get, 0 for none; from debugfs.
 * @slow_ff: How many microseconds the change of an effect takes; from debugfs.
 * @changing_ff: An effect is uploaded or erased.
 * @fail_open: The errno that the first open gets, 0 for none; from debugfs.
 * @burst_ns: How long the last burst took.
 * @debugfs: The directory.
 */
struct testinput {
	struct input_dev *input;
	u16 keymap[TESTINPUT_KEYMAP];
	u32 fail_ff, slow_ff, fail_open;
	bool changing_ff;
	u64 burst_ns;
	struct dentry *debugfs;
};

/* caps.c */
int testinput_caps(struct testinput *it);

/* debugfs.c */
void testinput_debugfs(struct testinput *it);

/* ff.c */
int testinput_ff(struct testinput *it);

#endif
