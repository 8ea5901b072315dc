// SPDX-License-Identifier: GPL-2.0
// UNSAFE: what the control node does with files whose type it does not know.

//! Operations on files and devices, for the control node.

use super::{Caller, CharDevice, FileOperations, OpenFile, Registered, Section};
use crate::control::Operations;
use core::ptr::NonNull;
use kernel::{
    bindings,
    prelude::*,
    sync::{Arc, ArcBorrow}, //
};

impl<T: FileOperations> Registered<T> {
    pub(super) const CONTROL: &'static Operations = &Operations {
        revoke: revoke::<T>,
        get: get::<T>,
        revoke_all: revoke_all::<T>,
    };
}

/// See [`Operations`].
///
/// # Safety
///
/// `file` is open with the table of this type, and stays so for the call.
unsafe fn revoke<T: FileOperations>(file: NonNull<bindings::file>) -> Result {
    // SAFETY:
    // - `file` is open with the table of this type for the call. So `open` has stored an `OpenFile`
    //   there, which `release` has not taken yet: it lives longer than the section.
    // - It is the only scope of the section.
    unsafe {
        let open = &*(*file.as_ptr()).private_data.cast::<OpenFile<T>>();
        let mut section = Section::enter(open, Caller::Leaving).ok_or(ENODEV)?;
        section.scope().revoke()
    }
}

/// See [`Operations`].
///
/// # Safety
///
/// `char_device` is of this type, and other code has a reference to it for the time of the call.
unsafe fn get<T: FileOperations>(char_device: NonNull<c_void>) {
    let char_device = char_device.cast::<CharDevice<T>>().as_ptr();
    // SAFETY: `char_device` is of this type, in an `Arc`, and other code has a reference to it for
    // the time of the call.
    let char_device = unsafe { ArcBorrow::from_raw(char_device) };
    let _ = Arc::into_raw(Arc::from(char_device));
}

/// See [`Operations`].
///
/// # Safety
///
/// `char_device` is of this type, and the caller passes its reference from [`get`].
unsafe fn revoke_all<T: FileOperations>(char_device: NonNull<c_void>) -> Result {
    // SAFETY: The caller passes its reference to a character device of this type, which `get` has
    // taken by `Arc::into_raw()`.
    let char_device = unsafe { Arc::from_raw(char_device.cast::<CharDevice<T>>().as_ptr()) };
    let round = char_device.begin_revoke_all()?;
    char_device.finish_revoke_all(&round)
}
