// SPDX-License-Identifier: GPL-2.0
/*
 * The memory map, which CROS_EC_DEV_IOCRDMEM reads, by the rules of the LPC transport.
 */

#include <linux/compiler.h>
#include <linux/errno.h>

#include "testec.h"

/* The map ends without a NUL, so that a string can run into its end. */
void testec_memory_reset(struct testec *ec)
{
	static const struct {
		u8 offset;
		char text[EC_MEMMAP_TEXT_MAX];
	} texts[] = {
		{ EC_MEMMAP_ID, "EC\1\1\1\1\1" },
		{ EC_MEMMAP_BATT_MFGR, "TESTEC" },
		{ EC_MEMMAP_BATT_MODEL, "MODEL-1" },
		{ EC_MEMMAP_BATT_SERIAL, "0042" },
		{ EC_MEMMAP_BATT_TYPE, "LION" },
	};
	unsigned int i, at;

	for (i = 0; i < EC_MEMMAP_SIZE; i++)
		WRITE_ONCE(ec->memory[i], i < EC_MEMMAP_ALS ? 0 : (i & 0x7f) | 1);
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		for (at = 0; at < EC_MEMMAP_TEXT_MAX; at++)
			WRITE_ONCE(ec->memory[texts[i].offset + at], texts[i].text[at]);
}

u16 testec_memory_write(struct testec *ec, u16 offset, const u8 *data, size_t len)
{
	size_t i;

	if (offset > EC_MEMMAP_SIZE || len > EC_MEMMAP_SIZE - offset)
		return EC_RES_INVALID_PARAM;
	for (i = 0; i < len; i++)
		WRITE_ONCE(ec->memory[offset + i], data[i]);
	return EC_RES_SUCCESS;
}

int testec_memory_read(struct cros_ec_device *ec_dev, unsigned int offset, unsigned int bytes,
		       void *dest)
{
	struct testec *ec = ec_dev->priv;
	unsigned int i;
	u8 *to = dest;

	if (offset >= EC_MEMMAP_SIZE - bytes)
		return -EINVAL;
	if (bytes) {
		for (i = 0; i < bytes; i++)
			to[i] = READ_ONCE(ec->memory[offset + i]);
		return bytes;
	}
	/* A string, with its NUL. */
	for (i = 0; offset + i < EC_MEMMAP_SIZE; i++) {
		to[i] = READ_ONCE(ec->memory[offset + i]);
		if (!to[i])
			return i + 1;
	}
	return i;
}
