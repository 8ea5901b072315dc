/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LOADS_H
#define _LOADS_H

#include <linux/types.h>

#define LOADS_REGISTER 8

struct callback;
struct operation;

u32 loads_plain_callback(struct callback *callback);
u32 loads_plain_file(struct operation *operation);

#endif /* _LOADS_H */
