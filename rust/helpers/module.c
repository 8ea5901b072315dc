// SPDX-License-Identifier: GPL-2.0

#include <linux/module.h>

/* Functions with CONFIG_MODULES, and inline without. */
__devscope_helper bool devscope_try_module_get(struct module *owner)
{
	return try_module_get(owner);
}

__devscope_helper void devscope_module_put(struct module *owner)
{
	module_put(owner);
}
