// SPDX-License-Identifier: GPL-2.0
// UNSAFE: stands for the device's data while its caller is inside.

//! The scope of `open`.

use crate::{
    binding::DeviceData,
    fops::{CharDevice, FileOperations},
    scope::{sealed::Sealed, MaySleep}, //
};
use kernel::{
    device::{Bound, Device},
    types::{CovariantForLt, ForLt}, //
};

/// The scope of [`FileOperations::open`], which has a device and no open file yet.
pub struct OpenScope<'a, T: FileOperations>(&'a DeviceData<T::Device>);

impl<'a, T: FileOperations> OpenScope<'a, T> {
    /// # Safety
    ///
    /// The caller is inside the gate for `'a`.
    pub(in crate::fops) unsafe fn new(char_device: &'a CharDevice<T>) -> Self {
        // SAFETY: The caller is inside the gate for `'a`. By the invariant of the character device,
        // the data is valid until the gate is drained.
        Self(unsafe { char_device.device_data_ptr().as_ref() })
    }

    /// As [`Scope::device`](crate::fops::Scope::device).
    pub fn device(&self) -> &Device<Bound> {
        self.0.device()
    }

    /// As [`Scope::data`](crate::fops::Scope::data).
    pub fn data(&self) -> &<T::Device as ForLt>::Of<'_>
    where
        T::Device: CovariantForLt,
    {
        self.0.data()
    }

    /// As [`Scope::with_data`](crate::fops::Scope::with_data).
    pub fn with_data<R>(
        &self,
        f: impl for<'d, 'b> FnOnce(&'d <T::Device as ForLt>::Of<'b>) -> R,
    ) -> R {
        self.0.with_data(f)
    }
}

impl<T: FileOperations> MaySleep for OpenScope<'_, T> {}
impl<T: FileOperations> Sealed for OpenScope<'_, T> {}
