// SPDX-License-Identifier: GPL-2.0
/*
 * The function by which fault injection makes a registration fail. It is in a file of
 * its own, since the helpers may be inlined, and a probed function may not.
 */

#include <linux/error-injection.h>

#include "internal.h"

noinline int devscope_attach_step(void)
{
	return 0;
}
ALLOW_ERROR_INJECTION(devscope_attach_step, ERRNO);
