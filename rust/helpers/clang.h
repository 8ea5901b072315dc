/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Included first if clang compiles helpers for a kernel that was built by GCC, whose
 * configuration has the features of GCC.
 */
#include <linux/kconfig.h>

/*
 * With named address spaces, GCC writes the segment of a per-CPU variable into an
 * operand of inline assembly. Clang does not, so the segment would be missing.
 */
#undef CONFIG_CC_HAS_NAMED_AS
#undef CONFIG_USE_X86_SEG_SUPPORT
