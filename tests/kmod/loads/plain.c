// SPDX-License-Identifier: GPL-2.0
/*
 * The same reads in C, without protection, to compare with.
 */
#include <linux/io.h>

#include "loads.h"

struct data {
	void __iomem *regs;
};

struct callback {
	struct data *data;
};

u32 loads_plain_callback(struct callback *callback)
{
	return readl(callback->data->regs + LOADS_REGISTER);
}

struct open_file {
	struct callback callback;
};

struct operation {
	struct open_file *open;
};

/* A file operation, whose scope is one step further from the data. */
u32 loads_plain_file(struct operation *operation)
{
	return readl(operation->open->callback.data->regs + LOADS_REGISTER);
}
