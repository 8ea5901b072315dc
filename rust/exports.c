// SPDX-License-Identifier: GPL-2.0
/*
 * Exports the symbols of the crate to GPL modules, like the kernel does for its own
 * crates.
 */

#include <linux/export.h>

#include "exports_generated.h"

/*
 * For drivers, if the helpers are not inlined. Not next to the helpers, which become
 * a part of each driver as bitcode: each driver would export them again.
 */
#include "helpers/helpers.h"

EXPORT_SYMBOL_GPL(devscope_init_srcu_fast);
EXPORT_SYMBOL_GPL(devscope_srcu_read_lock_fast);
EXPORT_SYMBOL_GPL(devscope_srcu_read_unlock_fast);
EXPORT_SYMBOL_GPL(devscope_has_32bit_time);
EXPORT_SYMBOL_GPL(devscope_inode_cdev);
EXPORT_SYMBOL_GPL(devscope_kiocb_nowait);
EXPORT_SYMBOL_GPL(devscope_file_set_nowait);
EXPORT_SYMBOL_GPL(devscope_write_sync);
EXPORT_SYMBOL_GPL(devscope_io_frame);
EXPORT_SYMBOL_GPL(devscope_memory_frame);
EXPORT_SYMBOL_GPL(devscope_memory_is_encrypted);
EXPORT_SYMBOL_GPL(devscope_desc_uncached);
EXPORT_SYMBOL_GPL(devscope_put_user_4);
EXPORT_SYMBOL_GPL(devscope_put_user_8);
EXPORT_SYMBOL_GPL(devscope_get_user_4);
EXPORT_SYMBOL_GPL(devscope_get_user_8);
EXPORT_SYMBOL_GPL(devscope_spin_lock_irq);
EXPORT_SYMBOL_GPL(devscope_spin_unlock_irq);
EXPORT_SYMBOL_GPL(devscope_spin_trylock_irq);
EXPORT_SYMBOL_GPL(devscope_device_lock);
EXPORT_SYMBOL_GPL(devscope_device_unlock);
EXPORT_SYMBOL_GPL(devscope_wq_has_sleeper);
EXPORT_SYMBOL_GPL(devscope_set_current_state);
EXPORT_SYMBOL_GPL(devscope_freezable);
EXPORT_SYMBOL_GPL(devscope_signal_pending_state);
EXPORT_SYMBOL_GPL(devscope_pagefault_disable);
EXPORT_SYMBOL_GPL(devscope_pagefault_enable);
EXPORT_SYMBOL_GPL(devscope_alloc_workqueue);
