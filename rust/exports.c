// SPDX-License-Identifier: GPL-2.0
/*
 * Exports the symbols of the crate and the helpers to GPL modules, like the kernel does
 * for its own crates. The helpers are for drivers into which they are not inlined. Not
 * next to the helpers, which become a part of each driver as bitcode: each driver would
 * export them again.
 */

#include <linux/export.h>

#include "exports_generated.h"
