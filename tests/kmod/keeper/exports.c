// SPDX-License-Identifier: GPL-2.0
/* Exports the crate's symbols. */

#include <linux/export.h>

#include "exports_generated.h"
