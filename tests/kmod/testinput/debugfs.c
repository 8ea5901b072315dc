// SPDX-License-Identifier: GPL-2.0
/*
 * testinput/ in debugfs: files that make the device send events, which have been delivered when
 * write() returns, and files that make it fail.
 */

#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sprintf.h>
#include <linux/string.h>

#include "testinput.h"

#define TESTINPUT_TEXT_MAX	(64 * 1024)

/* Lines "TYPE CODE VALUE". Lines before an invalid one are sent. */
static ssize_t testinput_events_write(struct file *file, const char __user *user, size_t len,
				      loff_t *ppos)
{
	struct testinput *it = file->private_data;
	char *rest, *line;

	if (len > TESTINPUT_TEXT_MAX)
		return -E2BIG;
	char *text __free(kfree) = memdup_user_nul(user, len);

	if (IS_ERR(text))
		return PTR_ERR(text);
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		int type, code, value;

		if (!*line)
			continue;
		if (sscanf(line, "%i %i %i", &type, &code, &value) != 3)
			return -EINVAL;
		input_event(it->input, type, code, value);
	}
	return len;
}

static const struct file_operations testinput_events_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = testinput_events_write,
};

/* Sends this many packets of two events. Reading returns the time that the last burst took. */
static int testinput_burst_set(void *data, u64 count)
{
	struct testinput *it = data;
	struct input_dev *input = it->input;
	bool axes = test_bit(EV_REL, input->evbit);
	unsigned int type = axes ? EV_REL : EV_MSC, code = axes ? REL_X : MSC_SCAN;
	u64 start = ktime_get_ns();

	while (count-- && !fatal_signal_pending(current)) {
		input_event(input, type, code, 1);
		input_sync(input);
	}
	WRITE_ONCE(it->burst_ns, ktime_get_ns() - start);
	return 0;
}

static int testinput_burst_get(void *data, u64 *ns)
{
	struct testinput *it = data;

	*ns = READ_ONCE(it->burst_ns);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(testinput_burst_fops, testinput_burst_get, testinput_burst_set,
			 "%llu\n");

void testinput_debugfs(struct testinput *it)
{
	it->debugfs = debugfs_create_dir(TESTINPUT_NAME, NULL);
	debugfs_create_file("events", 0200, it->debugfs, it, &testinput_events_fops);
	debugfs_create_file("burst", 0600, it->debugfs, it, &testinput_burst_fops);
	debugfs_create_u32("fail_ff", 0600, it->debugfs, &it->fail_ff);
	debugfs_create_u32("slow_ff", 0600, it->debugfs, &it->slow_ff);
	debugfs_create_u32("fail_open", 0600, it->debugfs, &it->fail_open);
}
