// SPDX-License-Identifier: GPL-2.0

#include <linux/uaccess.h>
#include <linux/unaligned.h>

__devscope_helper void devscope_pagefault_disable(void)
{
	pagefault_disable();
}

__devscope_helper void devscope_pagefault_enable(void)
{
	pagefault_enable();
}

/* Returns true on success. `from` and `to` may be unaligned. */
__devscope_helper bool devscope_put_user_4(const void *from, void *to)
{
	return !put_user(get_unaligned((const u32 *)from), (u32 __user *)to);
}

__devscope_helper bool devscope_put_user_8(const void *from, void *to)
{
	return !put_user(get_unaligned((const u64 *)from), (u64 __user *)to);
}

__devscope_helper bool devscope_get_user_4(void *to, const void *from)
{
	u32 value;

	if (get_user(value, (const u32 __user *)from))
		return false;
	put_unaligned(value, (u32 *)to);
	return true;
}

__devscope_helper bool devscope_get_user_8(void *to, const void *from)
{
	u64 value;

	if (get_user(value, (const u64 __user *)from))
		return false;
	put_unaligned(value, (u64 *)to);
	return true;
}
