// SPDX-License-Identifier: GPL-2.0
/*
 * Force feedback: all effects, none of which does anything.
 */

#include <linux/compiler.h>

#include "testinput.h"

static int testinput_fate(struct input_dev *input)
{
	struct testinput *it = input_get_drvdata(input);

	return -(int)READ_ONCE(it->fail_ff);
}

static int testinput_upload(struct input_dev *input, struct ff_effect *effect,
			    struct ff_effect *old)
{
	return testinput_fate(input);
}

static int testinput_erase(struct input_dev *input, int id)
{
	return testinput_fate(input);
}

static int testinput_playback(struct input_dev *input, int id, int value)
{
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
