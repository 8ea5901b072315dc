// SPDX-License-Identifier: GPL-2.0

#include <linux/uaccess.h>

__devscope_helper void devscope_pagefault_disable(void)
{
	pagefault_disable();
}

__devscope_helper void devscope_pagefault_enable(void)
{
	pagefault_enable();
}
