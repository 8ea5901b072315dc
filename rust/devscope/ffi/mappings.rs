// SPDX-License-Identifier: GPL-2.0
// UNSAFE: wraps a `struct address_space`.

//! The mappings of one open file.
//!
//! All open files of a node share the inode's `address_space`, in which their mappings cannot be
//! distinguished. So an open file that can be mapped has an `address_space` of its own.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use super::helpers;
use kernel::{bindings, prelude::*, types::Opaque};

/// An `address_space` without pages of its own.
///
/// # Invariants
///
/// Holds an initialised `struct address_space`.
#[pin_data]
#[repr(transparent)]
pub(crate) struct Mappings {
    #[pin]
    space: Opaque<bindings::address_space>,
}

// SAFETY: C protects it by locks of its own.
unsafe impl Send for Mappings {}
// SAFETY: C protects it by locks of its own.
unsafe impl Sync for Mappings {}

impl Mappings {
    /// Creates one without mappings.
    ///
    /// # Safety
    ///
    /// `inode` is the one of the file, and is valid while the file is open.
    pub(crate) unsafe fn new(inode: *mut bindings::inode) -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: The C function initialises it.
            space <- Opaque::ffi_init(|slot| {
                // SAFETY: `slot` is valid for writes. `inode` is the file's, and valid while the
                // file is open, as the caller guarantees.
                unsafe { init(slot, inode) }
            }),
        })
    }

    /// Returns the pointer for `f_mapping`.
    pub(crate) fn as_raw(&self) -> *mut bindings::address_space {
        self.space.get()
    }

    /// Removes all entries of the mappings from the page tables, and waits until no CPU uses them.
    /// The mappings stay. Sleeps; not under a lock of memory management.
    pub(crate) fn zap(&self) {
        // SAFETY: By the type invariant. All of the file, and no page of it is in the page cache.
        unsafe { bindings::unmap_mapping_range(self.as_raw(), 0, 0, 1) };
    }
}

/// Not inlined into other modules, since the C function is not exported.
///
/// # Safety
///
/// As [`Mappings::new`]; `slot` is valid for writes.
#[inline(never)]
unsafe fn init(slot: *mut bindings::address_space, inode: *mut bindings::inode) {
    // SAFETY: `slot` is valid for writes. `inode` is the file's, and valid while the file is open,
    // as the caller guarantees.
    unsafe { helpers::devscope_init_address_space(slot, inode) };
}
