// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of reads, writes and `fsync`.

//! Reads and writes, and what makes writes last.

use super::{returned, Shim};
use crate::{
    ffi::helpers,
    fops::{Caller, FileOperations, OpenFile, Scope},
    user::{UserDest, UserSource}, //
};
use core::ptr::null_mut;
use kernel::{
    bindings,
    prelude::*,
    uaccess::UserPtr, //
};

impl<T: FileOperations> Shim<T> {
    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn read(
        file: *mut bindings::file,
        buffer: *mut c_char,
        len: usize,
        position: *mut bindings::loff_t,
    ) -> isize {
        // CAST: An address.
        let at = UserPtr::from_addr(buffer as usize);
        // SAFETY: By the safety requirement; one at a time.
        let user = || unsafe { UserDest::from_user(position, at, len) };
        // SAFETY: By the safety requirement.
        unsafe { Self::read_into(file, Caller::File(file), user, T::read) }
    }

    /// Has `read` fill what `user` makes, and else what is left.
    ///
    /// # Safety
    ///
    /// As for [`Self::call_or`].
    #[inline(always)]
    unsafe fn read_into<'u>(
        file: *mut bindings::file,
        caller: Caller,
        user: impl Fn() -> UserDest<'u>,
        read: impl FnOnce(Scope<'_, T>, &mut UserDest<'u>) -> Result<usize>,
    ) -> isize {
        let read = |scope: Scope<'_, T>| {
            let mut user = user();
            returned(match read(scope, &mut user) {
                Ok(count) => Ok(count.min(user.room())),
                // The device or the access went meanwhile. What has reached the caller is not lost.
                Err(ENODEV) if user.copied() > 0 => Ok(user.copied()),
                Err(error) => Err(error),
            })
        };
        let refused = |open: &OpenFile<T>| match T::HAS_READ_LEFT {
            true => Self::read_refused(open, &mut user()),
            false => Self::refused(open),
        };
        // SAFETY: By the safety requirement.
        unsafe { Self::call_or(file, caller, read, refused) }
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
        unsafe { Self::call(file, Caller::File(file), write) }
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn read_iter(
        kiocb: *mut bindings::kiocb,
        iov: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: By the safety requirement; one at a time.
        let user = || unsafe { UserDest::from_raw(Self::position(kiocb), iov) };
        // SAFETY: By the safety requirement.
        unsafe { Self::read_into((*kiocb).ki_filp, Caller::Kiocb(kiocb), user, T::read_iter) }
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn write_iter(
        kiocb: *mut bindings::kiocb,
        iov: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: By the safety requirement.
        let written = unsafe {
            Self::call((*kiocb).ki_filp, Caller::Kiocb(kiocb), |scope| {
                let mut user = UserSource::from_raw(Self::position(kiocb), iov);
                returned(T::write_iter(scope, &mut user).map(|count| count.min(user.room())))
            })
        };
        if T::HAS_FSYNC && written > 0 {
            // Not inside any more: it calls `fsync`.
            // SAFETY: By the safety requirement.
            return unsafe { helpers::devscope_write_sync(kiocb, written, Self::HAS_POSITION) };
        }
        written
    }

    /// The place of the position that a call is for, which a stream has not.
    ///
    /// # Safety
    ///
    /// `kiocb` is valid.
    #[inline(always)]
    unsafe fn position(kiocb: *mut bindings::kiocb) -> *mut bindings::loff_t {
        match Self::HAS_POSITION {
            // SAFETY: By the safety requirement.
            true => unsafe { &raw mut (*kiocb).ki_pos },
            false => null_mut(),
        }
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn fsync(
        file: *mut bindings::file,
        start: bindings::loff_t,
        end: bindings::loff_t,
        datasync: c_int,
    ) -> c_int {
        let sync = |scope: Scope<'_, T>| T::fsync(scope, start..=end, datasync != 0).map(|()| 0);
        // SAFETY: By the safety requirement. CAST: 0, or an errno.
        unsafe { Self::call(file, Caller::File(file), sync) as c_int }
    }
}
