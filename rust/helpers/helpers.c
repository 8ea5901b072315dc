// SPDX-License-Identifier: GPL-2.0
/*
 * Wrappers of inline functions and macros that the kernel crate does not wrap. They
 * are linked into devscope.ko, and with
 * CONFIG_RUST_INLINE_HELPERS also as bitcode into each driver that uses the
 * framework, where they are inlined.
 */

#include <linux/compiler_types.h>
#include <linux/export.h>

/*
 * As in the kernel's own helpers: both inlined and emitted. bindgen ignores inline
 * functions.
 */
#ifdef __BINDGEN__
#define __devscope_helper
#else
#define __devscope_helper __always_inline
#endif

#include "compat.c"
#include "context.c"
#include "fs.c"
#include "lock.c"
#include "mapping.c"
#include "module.c"
#include "srcu.c"
#include "uaccess.c"
#include "uring.c"
#include "wait.c"
#include "workqueue.c"
