// SPDX-License-Identifier: GPL-2.0
// UNSAFE: takes and gives back device numbers.

//! Device numbers.

use crate::index::{Number as Taken, Numbers};
use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    sync::Arc, //
};

/// The number of minors of a major.
const MINORS: u32 = 1 << 20;

/// A device number (major and minor) that its holder owns: no other code registers a device with it
/// until the value is dropped.
///
/// # Safety
///
/// [`Self::devt`] returns such a number, always the same.
pub unsafe trait Number: Send + Sync + 'static {
    /// Returns the number, in the format of `MKDEV()`.
    fn devt(&self) -> u32;
}

/// A dynamic number, under a major of its own.
///
/// # Invariants
///
/// `0` is a region of one number.
pub struct Dynamic(u32);

impl Dynamic {
    /// Allocates a number. `name` is its name in `/proc/devices`. May sleep.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: no major is free.
    /// - `ENOMEM`.
    pub fn new(name: &'static CStr) -> Result<Self> {
        // INVARIANT: Just allocated.
        allocate(name, 1).map(Self)
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

/// The numbers of many devices, under a major of their own.
///
/// # Invariants
///
/// `first` is the first number of a region of `size`, for as many `numbers`.
pub(super) struct Region {
    first: u32,
    size: u32,
    numbers: Arc<Numbers>,
}

impl Region {
    /// Allocates `size` numbers. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `size` is 0, or more than a major has minors.
    /// - `EBUSY`: no major is free.
    /// - `ENOMEM`.
    pub(super) fn new(name: &'static CStr, size: u32) -> Result<Arc<Self>> {
        if size > MINORS {
            return Err(EINVAL);
        }
        let numbers = Numbers::new(size)?;
        // INVARIANT: Just allocated.
        let region = Self {
            first: allocate(name, size)?,
            size,
            numbers,
        };
        Ok(Arc::new(region, GFP_KERNEL)?)
    }

    /// Takes the lowest free number. May sleep. Errors: `ENOSPC`.
    pub(super) fn take(self: &Arc<Self>) -> Result<Minor> {
        Ok(Minor {
            minor: self.numbers.take()?,
            region: self.clone(),
        })
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::unregister_chrdev_region(self.first, self.size) };
    }
}

/// A number that is taken from a [`Region`] until this is dropped.
pub(super) struct Minor {
    minor: Taken,
    region: Arc<Region>,
}

impl Minor {
    /// Returns the minor, counted from the first of the region.
    pub(super) fn minor(&self) -> u32 {
        self.minor.number()
    }

    /// Returns the number, in the format of `MKDEV()`.
    pub(super) fn devt(&self) -> u32 {
        self.region.first + self.minor()
    }
}

/// Allocates a region. Errors: those of `alloc_chrdev_region()`.
fn allocate(name: &'static CStr, size: u32) -> Result<u32> {
    let mut devt = 0;
    // SAFETY: `devt` is valid for writes; C copies the name.
    to_result(unsafe { bindings::alloc_chrdev_region(&mut devt, 0, size, name.as_char_ptr()) })?;
    Ok(devt)
}
