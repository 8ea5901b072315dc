// SPDX-License-Identifier: GPL-2.0
/*
 * TESTEC_SCRIPT: sets what the EC does with the following commands.
 */

#include <linux/cleanup.h>
#include <linux/string.h>

#include "testec.h"

/* Queues the @count events of a request. */
static u16 testec_script_events(struct testec *ec, const struct testec_script_request *request,
				size_t len)
{
	u32 count = le32_to_cpu(request->count), ms = le32_to_cpu(request->ms);
	struct testec_run events = {
		.left = count,
		.numbered = le16_to_cpu(request->value) & TESTEC_NUMBERED,
		.type = request->arg,
		.len = len,
	};

	if (request->arg > EC_MKBP_EVENT_TYPE_MASK || len > TESTEC_PAYLOAD_MAX ||
	    (events.numbered && len < sizeof(u32)))
		return EC_RES_INVALID_PARAM;
	memcpy(events.data, request->data, len);
	if (!ms)
		return testec_events_add(ec, &events) ? EC_RES_OVERFLOW : EC_RES_SUCCESS;
	if (!count)
		events.left = U32_MAX;
	testec_events_stream(ec, &events, ms);
	return EC_RES_SUCCESS;
}

static void testec_script_reset(struct testec *ec)
{
	ec->fate = (struct testec_fate){};
	testec_events_forget(ec);
	testec_memory_reset(ec);
}

u16 testec_script(struct testec *ec, const void *data, size_t len)
{
	const struct testec_script_request *request = data;
	u32 count, ms;

	if (len < sizeof(*request))
		return EC_RES_INVALID_PARAM;
	len -= sizeof(*request);
	count = le32_to_cpu(request->count);
	ms = le32_to_cpu(request->ms);
	guard(mutex)(&ec->lock);
	switch (request->op) {
	case TESTEC_RESET:
		testec_script_reset(ec);
		break;
	case TESTEC_EVENT:
		return testec_script_events(ec, request, len);
	case TESTEC_SLOW:
		ec->fate.slow = count;
		ec->fate.slow_ms = ms;
		break;
	case TESTEC_FAIL:
		ec->fate.fail = count;
		ec->fate.result = le16_to_cpu(request->value);
		break;
	case TESTEC_SILENT:
		ec->fate.silent = count;
		break;
	case TESTEC_PENDING:
		ec->fate.pending = count;
		ec->fate.pending_ms = ms;
		break;
	case TESTEC_MEMORY:
		return testec_memory_write(ec, le16_to_cpu(request->value), request->data, len);
	default:
		return EC_RES_INVALID_PARAM;
	}
	return EC_RES_SUCCESS;
}
