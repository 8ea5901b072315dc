// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of reads and writes.

//! Reads and writes.

use super::{gone, returned, Shim};
use crate::{
    fops::{SyncFile, UserDest, UserSource},
    scope::{Caller, Scope}, //
};
use kernel::{
    bindings,
    prelude::*,
    uaccess::UserPtr, //
};

impl<T: SyncFile> Shim<T> {
    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn read(
        file: *mut bindings::file,
        buffer: *mut c_char,
        len: usize,
        position: *mut bindings::loff_t,
    ) -> isize {
        let read = |scope: Scope<'_, T>| {
            // CAST: An address.
            let at = UserPtr::from_addr(buffer as usize);
            // SAFETY: By the safety requirement.
            let mut user = unsafe { UserDest::from_user(position, at, len) };
            returned(T::read(scope, &mut user).map(|count| count.min(user.room())))
        };
        // SAFETY: By the safety requirement.
        unsafe { Self::inside(file, Caller::File(file), read) }.unwrap_or_else(gone)
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn write(
        file: *mut bindings::file,
        buffer: *const c_char,
        len: usize,
        position: *mut bindings::loff_t,
    ) -> isize {
        let write = |scope: Scope<'_, T>| {
            // CAST: An address.
            let at = UserPtr::from_addr(buffer as usize);
            // SAFETY: By the safety requirement.
            let mut user = unsafe { UserSource::from_user(position, at, len) };
            returned(T::write(scope, &mut user).map(|count| count.min(user.room())))
        };
        // SAFETY: By the safety requirement.
        unsafe { Self::inside(file, Caller::File(file), write) }.unwrap_or_else(gone)
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn read_iter(
        kiocb: *mut bindings::kiocb,
        iov: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: By the safety requirement.
        let result = unsafe {
            Self::inside((*kiocb).ki_filp, Caller::Kiocb(kiocb), |scope| {
                let mut user = UserDest::from_raw(&raw mut (*kiocb).ki_pos, iov);
                returned(T::read_iter(scope, &mut user).map(|count| count.min(user.room())))
            })
        };
        result.unwrap_or_else(gone)
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn write_iter(
        kiocb: *mut bindings::kiocb,
        iov: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: By the safety requirement.
        let result = unsafe {
            Self::inside((*kiocb).ki_filp, Caller::Kiocb(kiocb), |scope| {
                let mut user = UserSource::from_raw(&raw mut (*kiocb).ki_pos, iov);
                returned(T::write_iter(scope, &mut user).map(|count| count.min(user.room())))
            })
        };
        result.unwrap_or_else(gone)
    }
}
