// SPDX-License-Identifier: GPL-2.0

#include <linux/module.h>

/* These are functions with CONFIG_MODULES, and inline functions without. */
__devscope_helper bool devscope_try_module_get(struct module *owner)
{
	return try_module_get(owner);
}

__devscope_helper void devscope_module_put(struct module *owner)
{
	module_put(owner);
}
