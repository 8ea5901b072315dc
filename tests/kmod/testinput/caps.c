// SPDX-License-Identifier: GPL-2.0
/*
 * The capabilities of the device.
 */

#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/input/mt.h>
#include <linux/module.h>

#include "testinput.h"

static unsigned int testinput_hint;
module_param_named(hint, testinput_hint, uint, 0444);
MODULE_PARM_DESC(hint, "Events in a packet, at least; a client's buffer holds eight packets");

static bool testinput_axes = true;
module_param_named(axes, testinput_axes, bool, 0444);
MODULE_PARM_DESC(axes, "EV_REL, EV_ABS, slots; without, a client's buffer is the smallest, 64 events");

static bool testinput_repeat;
module_param_named(repeat, testinput_repeat, bool, 0444);
MODULE_PARM_DESC(repeat, "The core repeats keys; without, this driver would, and does not");

static int testinput_add_axes(struct input_dev *input)
{
	unsigned int axis;

	__set_bit(EV_REL, input->evbit);
	bitmap_fill(input->relbit, REL_CNT);
	for (axis = 0; axis < ABS_CNT; axis++) {
		input_set_abs_params(input, axis, -1000 - axis, 1000 + axis, 0, axis);
		input_abs_set_res(input, axis, axis + 1);
	}
	return input_mt_init_slots(input, TESTINPUT_SLOTS, 0);
}

int testinput_caps(struct testinput *it)
{
	struct input_dev *input = it->input;
	unsigned int i;

	input->name = TESTINPUT_NAME;
	input->phys = TESTINPUT_NAME "/input0";
	input->uniq = "0042";
	input->id = (struct input_id) {
		.bustype = BUS_HOST,
		.vendor = 0x1234,
		.product = 0x5678,
		.version = 0x9abc,
	};
	__set_bit(INPUT_PROP_POINTER, input->propbit);
	__set_bit(INPUT_PROP_BUTTONPAD, input->propbit);
	__set_bit(INPUT_PROP_ACCELEROMETER, input->propbit);

	input->evbit[0] = BIT_MASK(EV_KEY) | BIT_MASK(EV_MSC) | BIT_MASK(EV_SW) | BIT_MASK(EV_LED) |
			  BIT_MASK(EV_SND) | BIT_MASK(EV_REP) | BIT_MASK(EV_PWR);
	bitmap_fill(input->keybit, KEY_CNT);
	bitmap_fill(input->mscbit, MSC_CNT);
	bitmap_fill(input->swbit, SW_CNT);
	bitmap_fill(input->ledbit, LED_CNT);
	bitmap_fill(input->sndbit, SND_CNT);

	for (i = 0; i < TESTINPUT_KEYMAP; i++)
		it->keymap[i] = i;
	input->keycode = it->keymap;
	input->keycodesize = sizeof(it->keymap[0]);
	input->keycodemax = TESTINPUT_KEYMAP;

	input->hint_events_per_packet = testinput_hint;
	if (!testinput_repeat) {
		input->rep[REP_DELAY] = 250;
		input->rep[REP_PERIOD] = 33;
	}
	return testinput_axes ? testinput_add_axes(input) : 0;
}
