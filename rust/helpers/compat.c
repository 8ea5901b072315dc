// SPDX-License-Identifier: GPL-2.0

#include <linux/compat.h>

__devscope_helper bool devscope_has_32bit_time(void)
{
#ifdef CONFIG_COMPAT
	return in_compat_syscall() && !COMPAT_USE_64BIT_TIME;
#else
	return !IS_ENABLED(CONFIG_64BIT);
#endif
}
