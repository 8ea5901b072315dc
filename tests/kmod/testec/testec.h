/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An embedded controller without hardware: a transport for the cros_ec drivers, to test drivers
 * that bind to it.
 *
 * Programs script it with the host command TESTEC_SCRIPT. Its behaviour is not random, and depends
 * on time only if the script says so.
 */
#ifndef TESTEC_H
#define TESTEC_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/platform_data/cros_ec_commands.h>
#include <linux/platform_data/cros_ec_proto.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#define TESTEC_SCRIPT		EC_CMD_BOARD_SPECIFIC_BASE

/* The largest packet in each direction, as over LPC. */
#define TESTEC_PACKET		EC_LPC_HOST_PACKET_SIZE
#define TESTEC_REPLY_MAX	(TESTEC_PACKET - sizeof(struct ec_host_response))

/* The largest payload of an event. */
#define TESTEC_PAYLOAD_MAX	sizeof(union ec_response_get_next_data_v3)

/* The first byte of a script request. */
enum testec_op {
	TESTEC_RESET = 0,
	TESTEC_EVENT = 1,
	TESTEC_SLOW = 2,
	TESTEC_FAIL = 3,
	TESTEC_SILENT = 5,
	TESTEC_PENDING = 6,
	TESTEC_MEMORY = 7,
};

/* In the value of TESTEC_EVENT: a running number is the start of the payload. */
#define TESTEC_NUMBERED		BIT(0)

/**
 * struct testec_script_request - The request of TESTEC_SCRIPT; the reply is empty.
 * @op: One of enum testec_op.
 * @arg: EVENT: the type.
 * @value: EVENT: TESTEC_NUMBERED; FAIL: the EC result; MEMORY: the offset.
 * @count: The number of commands or events.
 * @ms: SLOW, PENDING: the duration of one; EVENT: the time between two, 0 for all at once.
 * @data: EVENT: the payload; MEMORY: the bytes to write.
 */
struct testec_script_request {
	u8 op;
	u8 arg;
	__le16 value;
	__le32 count;
	__le32 ms;
	u8 data[];
} __packed;

/**
 * struct testec_run - A number of similar events.
 * @node: In the queue of the EC.
 * @left: How many of them are left.
 * @number: The number of the next one.
 * @numbered: The first four bytes of the payload are the number.
 * @type: MKBP event type.
 * @len: Length of the payload.
 * @data: The payload.
 */
struct testec_run {
	struct list_head node;
	u32 left;
	u32 number;
	bool numbered;
	u8 type;
	u8 len;
	u8 data[TESTEC_PAYLOAD_MAX];
};

/**
 * struct testec_fate - The script's settings for commands: this many of them ...
 * @slow: ... take @slow_ms.
 * @fail: ... get @result.
 * @silent: ... are not answered.
 * @pending: ... are reported as in progress, for @pending_ms.
 * @busy_until: The time in jiffies at which the last of these is done.
 */
struct testec_fate {
	u32 slow, slow_ms;
	u32 fail;
	u16 result;
	u32 silent;
	u32 pending, pending_ms;
	unsigned long busy_until;
};

/**
 * struct testec - The EC.
 * @ec_dev: The core's device.
 * @lock: Protects the fate, the runs, the stream and @ready.
 * @fate: Settings for the next commands.
 * @runs: Events that wait to be fetched.
 * @waiting: The number of @runs.
 * @stream: The source of the events of @tick.
 * @stream_ms: The time between two of them.
 * @deliver: Held while events are delivered.
 * @ready: The core has finished the registration; earlier events are lost.
 * @raise: Delivers queued events.
 * @tick: Queues an event of @stream and delivers it.
 * @memory: The memory map.
 * @debugfs: The directory.
 */
struct testec {
	struct cros_ec_device *ec_dev;
	struct mutex lock;
	struct testec_fate fate;
	struct list_head runs;
	unsigned int waiting;
	struct testec_run stream;
	u32 stream_ms;
	struct mutex deliver;
	bool ready;
	struct work_struct raise;
	struct delayed_work tick;
	u8 memory[EC_MEMMAP_SIZE];
	struct dentry *debugfs;
};

/* The part of a reply that a command fills in. */
struct testec_reply {
	u16 len;
	u8 data[TESTEC_REPLY_MAX] __aligned(4);
};

extern bool testec_pd;

/* commands.c */
int testec_pkt_xfer(struct cros_ec_device *ec_dev, struct cros_ec_command *msg);

/* script.c */
u16 testec_script(struct testec *ec, const void *data, size_t len);

/* events.c */
void testec_events_init(struct testec *ec);
void testec_events_start(struct testec *ec);
void testec_events_stop(struct testec *ec);
void testec_events_forget(struct testec *ec);
int testec_events_add(struct testec *ec, const struct testec_run *events);
void testec_events_stream(struct testec *ec, const struct testec_run *events, u32 ms);
u16 testec_events_next(struct testec *ec, struct testec_reply *reply);
int testec_events_raise(struct testec *ec, const struct testec_run *events);

/* memory.c */
void testec_memory_reset(struct testec *ec);
u16 testec_memory_write(struct testec *ec, u16 offset, const u8 *data, size_t len);
int testec_memory_read(struct cros_ec_device *ec_dev, unsigned int offset, unsigned int bytes,
		       void *dest);

#endif
