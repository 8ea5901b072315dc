// SPDX-License-Identifier: GPL-2.0
// UNSAFE: hands effects to the input core.

//! Force feedback: effects that a device plays.
//!
//! An effect belongs to the open file description that has uploaded it. It is erased when this file
//! [closes](crate::Handle::close) the device, or the connection ends.

use crate::{bindings, Device};
use devscope::fops::Owner;
use kernel::{error::to_result, prelude::*};

/// `struct ff_effect` as bytes, which are copied from and to user space with the padding.
#[repr(C, align(8))]
pub struct Effect([u8; Self::SIZE]);

const _: () = assert!(align_of::<bindings::ff_effect>() <= align_of::<Effect>());

impl Effect {
    /// The size of the structure.
    pub const SIZE: usize = size_of::<bindings::ff_effect>();

    /// The size of that of a 32-bit program. Its last field is an address, which is read along with
    /// what follows in ours; that is zero.
    pub const COMPAT_SIZE: usize = 44;

    /// Creates an effect of zeros.
    #[expect(clippy::new_without_default)]
    #[inline]
    pub fn new() -> Self {
        Self([0; Self::SIZE])
    }

    /// Returns all bytes, to be filled from user space.
    #[inline]
    pub fn as_mut_bytes(&mut self) -> &mut [u8; Self::SIZE] {
        &mut self.0
    }

    /// The offset of the number of an effect in the structure, in bytes.
    pub const ID_OFFSET: usize = core::mem::offset_of!(bindings::ff_effect, id);

    /// Returns the number of the effect; -1 before its first upload.
    #[inline]
    pub fn id(&self) -> i16 {
        let at = Self::ID_OFFSET;
        i16::from_ne_bytes([self.0[at], self.0[at + 1]])
    }
}

impl Device {
    /// Returns the maximum number of effects, or 0 if the device plays no effects.
    #[inline]
    pub fn max_effects(&self) -> i32 {
        if !self.has(bindings::EV_FF) {
            return 0;
        }
        // SAFETY: It does not change while the device is registered.
        let ff = unsafe { (&raw const (*self.as_raw()).ff).read() };
        if ff.is_null() {
            return 0;
        }
        // SAFETY: It is not null, and valid as long as the device is registered. This field does
        // not change meanwhile; others do.
        unsafe { (&raw const (*ff).max_effects).read() }
    }

    /// Uploads an effect for `owner`, and assigns a number, if it has none. Sleeps until the device
    /// has replied: a device that a program implements (uinput) may take 30 seconds.
    ///
    /// # Errors
    ///
    /// - `ENOSYS`: the device plays no effects.
    /// - `EINVAL`: the device does not support this effect; or the effect with this number does not
    ///   exist or has another type.
    /// - `EACCES`: the effect belongs to another owner.
    /// - `ENOSPC`: the maximum number of effects is reached.
    /// - The errors of the device's driver.
    #[inline]
    pub fn upload(&self, effect: &mut Effect, owner: Owner<'_>) -> Result {
        self.needs_ff()?;
        // SAFETY: The device is registered, any bytes are a valid effect, and owners are only
        // compared.
        to_result(unsafe {
            bindings::input_ff_upload(self.as_raw(), (&raw mut effect.0).cast(), owner.as_raw())
        })
    }

    /// Erases an effect of `owner`. Sleeps, as [`Self::upload`].
    ///
    /// # Errors
    ///
    /// `ENOSYS`, `EINVAL` and `EACCES` as for [`Self::upload`], and the errors of the device's
    /// driver.
    #[inline]
    pub fn erase(&self, id: i32, owner: Owner<'_>) -> Result {
        self.needs_ff()?;
        // SAFETY: The device is registered, and owners are only compared.
        to_result(unsafe { bindings::input_ff_erase(self.as_raw(), id, owner.as_raw()) })
    }

    /// The input core does not check that a device with `EV_FF` events also has `ff`.
    #[inline]
    fn needs_ff(&self) -> Result {
        // SAFETY: It does not change while the device is registered.
        match self.has(bindings::EV_FF) && !unsafe { (*self.as_raw()).ff.is_null() } {
            true => Ok(()),
            false => Err(ENOSYS),
        }
    }
}
