// SPDX-License-Identifier: GPL-2.0
// UNSAFE: calls a function pointer of a C driver.

//! The memory of a controller that the host can read.

use crate::bindings;
use core::{marker::PhantomData, ptr::NonNull};
use kernel::{error::to_result, prelude::*};

/// The function of a bus driver.
type Read =
    unsafe extern "C" fn(*mut bindings::cros_ec_device, c_uint, c_uint, *mut c_void) -> c_int;

/// The memory of a controller: temperatures, fans, the battery (`EC_MEMMAP_...`).
///
/// # Invariants
///
/// `ec` is valid for `'bound`, and `read` is its function.
#[derive(Clone, Copy)]
pub struct Memory<'bound> {
    ec: NonNull<bindings::cros_ec_device>,
    read: Read,
    _bound: PhantomData<&'bound ()>,
}

/// The size of the memory, in bytes.
pub const SIZE: usize = bindings::EC_MEMMAP_SIZE as usize;

impl Memory<'_> {
    /// # Safety
    ///
    /// `ec` is valid for the lifetime, and `read` is its function.
    #[inline]
    pub(crate) unsafe fn new(ec: NonNull<bindings::cros_ec_device>, read: Read) -> Self {
        // INVARIANT: The caller passes an `ec` that is valid for the lifetime, with the function
        // that it has.
        Self {
            ec,
            read,
            _bound: PhantomData,
        }
    }

    /// Reads `count` bytes from `offset` on to the start of `to`; if `count` is 0, a string with
    /// its terminating zero. Returns the number of bytes. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the range is not in the memory.
    /// - The errors of the bus driver.
    #[inline]
    pub fn read(&self, offset: u32, count: u32, to: &mut [u8; SIZE]) -> Result<usize> {
        // CAST: Widens.
        if count as usize > SIZE {
            return Err(EINVAL);
        }
        // SAFETY: By the type invariant. The function writes `count` bytes, or a string from
        // `offset` to the end of the memory at most, and `to` is as large as all of it.
        let read = unsafe { (self.read)(self.ec.as_ptr(), offset, count, to.as_mut_ptr().cast()) };
        to_result(read)?;
        // CAST: Not negative.
        Ok(read as usize)
    }
}
