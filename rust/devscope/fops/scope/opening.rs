// SPDX-License-Identifier: GPL-2.0
// UNSAFE: stands for the device's data while its caller is inside.

//! What `open` reaches.

use crate::{
    binding::DeviceData,
    fops::{Endpoint, SyncFile},
    scope::{sealed::Sealed, MaySleep}, //
};
use kernel::{
    device::{Bound, Device},
    types::{CovariantForLt, ForLt}, //
};

/// What [`SyncFile::open`] is given: the device, and no open file yet.
pub struct OpenScope<'a, T: SyncFile>(&'a DeviceData<T::Device>);

impl<'a, T: SyncFile> OpenScope<'a, T> {
    /// # Safety
    ///
    /// The caller is inside the gate for `'a`.
    pub(in crate::fops) unsafe fn new(endpoint: &'a Endpoint<T>) -> Self {
        // SAFETY: By the safety requirement and the invariant of the endpoint.
        Self(unsafe { endpoint.device_data_ptr().as_ref() })
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

impl<T: SyncFile> MaySleep for OpenScope<'_, T> {}
impl<T: SyncFile> Sealed for OpenScope<'_, T> {}
