// SPDX-License-Identifier: GPL-2.0
/*
 * The host commands, protocol version 3.
 */

#include <linux/cleanup.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "testec.h"

/* A command, as passed to its handler. */
struct testec_call {
	struct testec *ec;
	bool pd;
	u32 version;
	const u8 *data;
	size_t len;
	struct testec_reply *reply;
};

static void testec_reply(struct testec_call *call, const void *data, size_t len)
{
	memcpy(call->reply->data, data, len);
	call->reply->len = len;
}

static u16 testec_hello(struct testec_call *call)
{
	u32 out = get_unaligned_le32(call->data) + 0x01020304;

	testec_reply(call, &out, sizeof(out));
	return EC_RES_SUCCESS;
}

static u16 testec_get_version(struct testec_call *call)
{
	static const struct ec_response_get_version ec = {
		.version_string_ro = "testec_v1.0.1-ro",
		.version_string_rw = "testec_v1.0.2-rw",
		.current_image = EC_IMAGE_RW,
	}, pd = {
		.version_string_ro = "testec_pd_v2.0.1-ro",
		.version_string_rw = "testec_pd_v2.0.2-rw",
		.current_image = EC_IMAGE_RO,
	};

	testec_reply(call, call->pd ? &pd : &ec, sizeof(ec));
	return EC_RES_SUCCESS;
}

static u16 testec_read_test(struct testec_call *call)
{
	u32 offset = get_unaligned_le32(call->data), size = get_unaligned_le32(call->data + 4), i;

	if (size > sizeof(struct ec_response_read_test) || size % sizeof(u32))
		return EC_RES_ERROR;
	for (i = 0; i < size / sizeof(u32); i++)
		put_unaligned_le32(offset + i, call->reply->data + i * sizeof(u32));
	call->reply->len = size;
	return EC_RES_SUCCESS;
}

static u16 testec_test_protocol(struct testec_call *call)
{
	const struct ec_params_test_protocol *params = (const void *)call->data;

	testec_reply(call, params->buf, min(params->ret_len, sizeof(params->buf)));
	return params->ec_result;
}

static u16 testec_comms_status(struct testec_call *call)
{
	struct testec *ec = call->ec;
	u32 flags = 0;

	scoped_guard(mutex, &ec->lock)
		if (ec->fate.busy_until && time_before(jiffies, ec->fate.busy_until))
			flags = EC_COMMS_STATUS_PROCESSING;
	testec_reply(call, &flags, sizeof(flags));
	return EC_RES_SUCCESS;
}

static u16 testec_protocol_info(struct testec_call *call)
{
	static const struct ec_response_get_protocol_info info = {
		.protocol_versions = BIT(3),
		.max_request_packet_size = TESTEC_PACKET,
		.max_response_packet_size = TESTEC_PACKET,
		.flags = EC_PROTOCOL_INFO_IN_PROGRESS_SUPPORTED,
	};

	testec_reply(call, &info, sizeof(info));
	return EC_RES_SUCCESS;
}

/* No features for which the core has further drivers. */
static u16 testec_features(struct testec_call *call)
{
	static const struct ec_response_get_features features = {
		.flags = { EC_FEATURE_MASK_0(EC_FEATURE_FLASH), 0 },
	};

	testec_reply(call, &features, sizeof(features));
	return EC_RES_SUCCESS;
}

static u16 testec_next_event(struct testec_call *call)
{
	return testec_events_next(call->ec, call->reply);
}

static u16 testec_run_script(struct testec_call *call)
{
	return testec_script(call->ec, call->data, call->len);
}

static u16 testec_cmd_versions(struct testec_call *call);

static const struct testec_command {
	u16 command;
	u16 versions;
	u16 request;
	bool pd;
	u16 (*run)(struct testec_call *call);
} testec_commands[] = {
	{ EC_CMD_HELLO, BIT(0), sizeof(struct ec_params_hello), true, testec_hello },
	{ EC_CMD_GET_VERSION, BIT(0), 0, true, testec_get_version },
	{ EC_CMD_READ_TEST, BIT(0), sizeof(struct ec_params_read_test), true, testec_read_test },
	{ EC_CMD_GET_CMD_VERSIONS, BIT(0) | BIT(1), 1, true, testec_cmd_versions },
	{ EC_CMD_GET_COMMS_STATUS, BIT(0), 0, true, testec_comms_status },
	{ EC_CMD_TEST_PROTOCOL, BIT(0), sizeof(struct ec_params_test_protocol), true,
	  testec_test_protocol },
	{ EC_CMD_GET_PROTOCOL_INFO, BIT(0), 0, true, testec_protocol_info },
	{ EC_CMD_GET_FEATURES, BIT(0), 0, true, testec_features },
	{ EC_CMD_GET_NEXT_EVENT, BIT(0) | BIT(1) | BIT(2) | BIT(3), 0, false, testec_next_event },
	{ TESTEC_SCRIPT, BIT(0), 0, false, testec_run_script },
};

static const struct testec_command *testec_find(u32 command, bool pd)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(testec_commands); i++)
		if (testec_commands[i].command == command && (!pd || testec_commands[i].pd))
			return &testec_commands[i];
	return NULL;
}

static u16 testec_cmd_versions(struct testec_call *call)
{
	const struct testec_command *command;
	u32 mask;

	if (call->version && call->len < sizeof(u16))
		return EC_RES_INVALID_PARAM;
	command = testec_find(call->version ? get_unaligned_le16(call->data) : call->data[0],
			      call->pd);
	if (!command)
		return EC_RES_INVALID_PARAM;
	mask = command->versions;
	testec_reply(call, &mask, sizeof(mask));
	return EC_RES_SUCCESS;
}

static u16 testec_run(struct testec *ec, const struct cros_ec_command *msg,
		      struct testec_reply *reply)
{
	const struct testec_command *command;
	/* The wire format has 16 bits. */
	u16 number = msg->command;
	struct testec_call call = {
		.ec = ec,
		.pd = number >= EC_CMD_PASSTHRU_OFFSET(CROS_EC_DEV_PD_INDEX),
		.version = (u8)msg->version,
		.data = msg->data,
		.len = msg->outsize,
		.reply = reply,
	};

	if (call.pd)
		number -= EC_CMD_PASSTHRU_OFFSET(CROS_EC_DEV_PD_INDEX);
	if (call.pd && !testec_pd)
		return EC_RES_INVALID_COMMAND;
	command = testec_find(number, call.pd);
	if (!command)
		return EC_RES_INVALID_COMMAND;
	if (call.version >= 16 || !(command->versions & BIT(call.version)))
		return EC_RES_INVALID_VERSION;
	if (call.len < command->request)
		return EC_RES_INVALID_PARAM;
	return command->run(&call);
}

/* The script's settings for one command. */
struct testec_lot {
	bool silent;
	u32 slow_ms;
	u16 result;
};

static struct testec_lot testec_draw(struct testec *ec, u16 command)
{
	struct testec_fate *fate = &ec->fate;
	struct testec_lot lot = {};

	/* The script does not apply to itself and to events. */
	if (command == TESTEC_SCRIPT || command == EC_CMD_GET_NEXT_EVENT)
		return lot;
	guard(mutex)(&ec->lock);
	if (fate->slow) {
		fate->slow--;
		lot.slow_ms = fate->slow_ms;
	}
	if (fate->silent) {
		fate->silent--;
		lot.silent = true;
	} else if (fate->fail) {
		fate->fail--;
		lot.result = fate->result;
	} else if (fate->pending && command != EC_CMD_GET_COMMS_STATUS) {
		fate->pending--;
		fate->busy_until = (jiffies + msecs_to_jiffies(fate->pending_ms)) | 1;
		lot.result = EC_RES_IN_PROGRESS;
	}
	return lot;
}

int testec_pkt_xfer(struct cros_ec_device *ec_dev, struct cros_ec_command *msg)
{
	struct testec *ec = ec_dev->priv;
	struct testec_reply reply;
	struct testec_lot lot;
	int ret;

	ret = cros_ec_prepare_tx(ec_dev, msg);
	if (ret < 0)
		return ret;
	lot = testec_draw(ec, msg->command);
	if (lot.slow_ms)
		msleep(lot.slow_ms);
	if (lot.silent) {
		/* The LPC transport waits as long. */
		schedule_timeout_uninterruptible(HZ);
		return -EIO;
	}
	reply.len = 0;
	msg->result = lot.result ?: testec_run(ec, msg, &reply);
	ret = cros_ec_check_result(ec_dev, msg);
	if (ret)
		return ret;
	if (reply.len > msg->insize) {
		dev_dbg(ec_dev->dev, "reply of %u bytes for %u\n", reply.len, msg->insize);
		return -EMSGSIZE;
	}
	memcpy(msg->data, reply.data, reply.len);
	return reply.len;
}
