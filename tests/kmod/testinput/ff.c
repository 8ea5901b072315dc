// SPDX-License-Identifier: GPL-2.0
/*
 * Force feedback: all effects, without any action. Like real drivers, it relies on no effect being
 * played while one is uploaded or erased, and warns otherwise.
 */

#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/delay.h>

#include "testinput.h"

static int testinput_fate(struct input_dev *input)
{
	struct testinput *it = input_get_drvdata(input);

	return -(int)READ_ONCE(it->fail_ff);
}

static void testinput_change(struct input_dev *input)
{
	struct testinput *it = input_get_drvdata(input);

	WRITE_ONCE(it->changing_ff, true);
	if (READ_ONCE(it->slow_ff))
		fsleep(it->slow_ff);
	WRITE_ONCE(it->changing_ff, false);
}

static int testinput_upload(struct input_dev *input, struct ff_effect *effect,
			    struct ff_effect *old)
{
	testinput_change(input);
	return testinput_fate(input);
}

static int testinput_erase(struct input_dev *input, int id)
{
	testinput_change(input);
	return testinput_fate(input);
}

static int testinput_playback(struct input_dev *input, int id, int value)
{
	struct testinput *it = input_get_drvdata(input);

	WARN_ONCE(READ_ONCE(it->changing_ff), "an effect is played while one changes\n");
	return testinput_fate(input);
}

static void testinput_set_gain(struct input_dev *input, u16 gain)
{
}

static void testinput_set_autocenter(struct input_dev *input, u16 magnitude)
{
}

int testinput_ff(struct testinput *it)
{
	struct input_dev *input = it->input;
	unsigned int bit;
	int ret;

	for (bit = FF_EFFECT_MIN; bit <= FF_WAVEFORM_MAX; bit++)
		__set_bit(bit, input->ffbit);
	__set_bit(FF_GAIN, input->ffbit);
	__set_bit(FF_AUTOCENTER, input->ffbit);
	ret = input_ff_create(input, TESTINPUT_EFFECTS);
	if (ret)
		return ret;
	input->ff->upload = testinput_upload;
	input->ff->erase = testinput_erase;
	input->ff->playback = testinput_playback;
	input->ff->set_gain = testinput_set_gain;
	input->ff->set_autocenter = testinput_set_autocenter;
	return 0;
}
