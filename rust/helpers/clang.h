/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Included before all else where clang compiles helpers for a kernel that GCC has
 * built, whose configuration is about what GCC can do.
 */
#include <linux/kconfig.h>

/*
 * With named address spaces, GCC writes the segment of a per-CPU variable into an
 * operand of inline assembly. Clang does not, and would leave it out.
 */
#undef CONFIG_CC_HAS_NAMED_AS
#undef CONFIG_USE_X86_SEG_SUPPORT
