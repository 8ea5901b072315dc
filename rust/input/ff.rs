// SPDX-License-Identifier: GPL-2.0
// UNSAFE: hands effects to the input core.

//! Force feedback: effects that a device plays.
//!
//! An effect belongs to the open file description that has uploaded it. Effects are taken from the
//! device when that [closes](crate::Handle::close) it, or the connection ends.

use crate::{bindings, Device};
use devscope::fops::Owner;
use kernel::{error::to_result, prelude::*};

/// `struct ff_effect`, as bytes: user space has it copied whole, padding and all.
#[repr(C, align(8))]
pub struct Effect([u8; Self::SIZE]);

const _: () = assert!(align_of::<bindings::ff_effect>() <= align_of::<Effect>());

impl Effect {
    /// The size of the structure.
    pub const SIZE: usize = size_of::<bindings::ff_effect>();

    /// The size of that of a 32-bit program. Its last field is an address, which is read along with
    /// what follows in ours; that is zero.
    pub const COMPAT_SIZE: usize = 44;

    /// One that is all zeros.
    #[expect(clippy::new_without_default)]
    #[inline]
    pub fn new() -> Self {
        Self([0; Self::SIZE])
    }

    /// The whole, to be filled with what user space has.
    #[inline]
    pub fn as_mut_bytes(&mut self) -> &mut [u8; Self::SIZE] {
        &mut self.0
    }

    /// Where the number of an effect is in the structure, in bytes.
    pub const ID_OFFSET: usize = core::mem::offset_of!(bindings::ff_effect, id);

    /// Its number; -1 before it is uploaded for the first time.
    #[inline]
    pub fn id(&self) -> i16 {
        let at = Self::ID_OFFSET;
        i16::from_ne_bytes([self.0[at], self.0[at + 1]])
    }
}

impl Device {
    /// How many effects it has room for; 0 where it plays none.
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
        // SAFETY: It is not null, and is there as long as the device is registered. This field does
        // not change meanwhile; others do.
        unsafe { (&raw const (*ff).max_effects).read() }
    }

    /// Uploads an effect for `owner`, and gives it a number, if it has none. Sleeps, for as long as
    /// the device takes: a device that a program plays (uinput) may take 30 seconds.
    ///
    /// # Errors
    ///
    /// - `ENOSYS`: the device plays no effects.
    /// - `EINVAL`: it does not play this one; or there is none with this number, or one of another
    ///   type.
    /// - `EACCES`: that is of another owner.
    /// - `ENOSPC`: there is no room left.
    /// - Those of the device's driver.
    #[inline]
    pub fn upload(&self, effect: &mut Effect, owner: Owner<'_>) -> Result {
        self.needs_ff()?;
        // SAFETY: The device is registered, any bytes are an effect, and owners are compared.
        to_result(unsafe {
            bindings::input_ff_upload(self.as_raw(), (&raw mut effect.0).cast(), owner.as_raw())
        })
    }

    /// Takes an effect of `owner` from the device. Sleeps, as [`Self::upload`].
    ///
    /// # Errors
    ///
    /// `ENOSYS`, `EINVAL` and `EACCES` as there, and those of the device's driver.
    #[inline]
    pub fn erase(&self, id: i32, owner: Owner<'_>) -> Result {
        self.needs_ff()?;
        // SAFETY: The device is registered, and owners are compared.
        to_result(unsafe { bindings::input_ff_erase(self.as_raw(), id, owner.as_raw()) })
    }

    /// The input core takes it that a device with such events has the rest as well.
    #[inline]
    fn needs_ff(&self) -> Result {
        // SAFETY: It does not change while the device is registered.
        match self.has(bindings::EV_FF) && !unsafe { (*self.as_raw()).ff.is_null() } {
            true => Ok(()),
            false => Err(ENOSYS),
        }
    }
}
