/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What bindgen reads for the C functions of the framework.
 */

#include "helpers/helpers.c"
#include "internal.h"
