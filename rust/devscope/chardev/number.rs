// SPDX-License-Identifier: GPL-2.0
// UNSAFE: takes and gives back device numbers.

//! Device numbers.

use kernel::{bindings, error::to_result, prelude::*};

/// A device number, major and minor, that belongs to its holder: nobody else registers a device
/// with it until the value is dropped.
///
/// # Safety
///
/// [`Self::devt`] returns such a number, always the same.
pub unsafe trait Number: Send + Sync + 'static {
    /// The number, as `MKDEV()` makes it.
    fn devt(&self) -> u32;
}

/// A number that is given out on demand, under a major of its own.
///
/// # Invariants
///
/// `0` is a region of one number.
pub struct Dynamic(u32);

impl Dynamic {
    /// Takes a number. `name` is what `/proc/devices` has for it. May sleep.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: no major is left.
    /// - `ENOMEM`.
    pub fn new(name: &'static CStr) -> Result<Self> {
        let mut devt = 0;
        // SAFETY: `devt` is valid for writes; C copies the name.
        to_result(unsafe { bindings::alloc_chrdev_region(&mut devt, 0, 1, name.as_char_ptr()) })?;
        // INVARIANT: Just allocated.
        Ok(Self(devt))
    }
}

// SAFETY: By the type invariant.
unsafe impl Number for Dynamic {
    fn devt(&self) -> u32 {
        self.0
    }
}

impl Drop for Dynamic {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::unregister_chrdev_region(self.0, 1) };
    }
}
