/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An input device without hardware, which has all features of input devices, to test input
 * handlers. In contrast to uinput, it has a keymap, autorepeat by the driver, a parent that can be
 * unbound, and sends thousands of events in one system call.
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
 * @input: The core's device.
 * @keymap: The key code of each scan code, the same number at first.
 * @fail_ff: The error of force feedback calls, 0 for none; set by debugfs.
 * @slow_ff: The microseconds that changing an effect takes; set by debugfs.
 * @changing_ff: An effect is being uploaded or erased.
 * @fail_open: The error of the first open, 0 for none; set by debugfs.
 * @burst_ns: The duration of the last burst.
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
