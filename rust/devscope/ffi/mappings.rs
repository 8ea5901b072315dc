// SPDX-License-Identifier: GPL-2.0
// UNSAFE: wraps a `struct address_space`.

//! The mappings of one open file.
//!
//! All opens of a node share the inode's `address_space`, in which the mappings of one cannot be
//! told from those of another. So an open file that can be mapped has one of its own.
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
    /// Nobody has mapped the file yet.
    ///
    /// # Safety
    ///
    /// `inode` is the one of the file, and is there as long as anybody has it open.
    pub(crate) unsafe fn new(inode: *mut bindings::inode) -> impl PinInit<Self> {
        pin_init!(Self {
            // INVARIANT: The C function initialises it.
            space <- Opaque::ffi_init(|slot| {
                // SAFETY: `slot` is valid for writes. The caller says that `inode` is the file's,
                // and there as long as anybody has that open.
                unsafe { init(slot, inode) }
            }),
        })
    }

    /// For `f_mapping`.
    pub(crate) fn as_raw(&self) -> *mut bindings::address_space {
        self.space.get()
    }

    /// Takes all entries out of the page tables of programs that have mapped the file, and waits
    /// until no processor uses them. The mappings stay. Sleeps; not under a lock of memory
    /// management.
    pub(crate) fn zap(&self) {
        // SAFETY: By the type invariant. All of the file, and no page of it is in the page cache.
        unsafe { bindings::unmap_mapping_range(self.as_raw(), 0, 0, 1) };
    }
}

/// Stays in this module, since what it calls is not exported.
///
/// # Safety
///
/// As [`Mappings::new`]; `slot` is valid for writes.
#[inline(never)]
unsafe fn init(slot: *mut bindings::address_space, inode: *mut bindings::inode) {
    // SAFETY: `slot` is valid for writes. The caller says that `inode` is the file's, and there as
    // long as anybody has that open.
    unsafe { helpers::devscope_init_address_space(slot, inode) };
}
