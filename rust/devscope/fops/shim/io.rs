// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of reads, writes and `fsync`.

//! Reads, writes and `fsync`.

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
        // SAFETY: The VFS has passed the position of this read, or null for a stream. `read_into`
        // drops the result of the closure before the next call of it, so only one uses the position
        // at a time.
        let user = || unsafe { UserDest::from_user(position, at, len) };
        // SAFETY: `Self::open` has opened the file, and the VFS holds on to it until this returns.
        unsafe { Self::read_into(file, Caller::File(file), user, T::read) }
    }

    /// Runs `read` with the buffer of `user`, or, if it is refused, reads what is left.
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
                // The file was unplugged or revoked meanwhile. The bytes that were copied are not
                // lost.
                Err(ENODEV) if user.copied() > 0 => Ok(user.copied()),
                Err(error) => Err(error),
            })
        };
        let refused = |open: &OpenFile<T>| match T::HAS_READ_LEFT {
            true => Self::read_refused(open, &mut user()),
            false => Self::refused(open),
        };
        // SAFETY: The caller holds on to the file, which `Self::open` has opened, and to what
        // `caller` points to until this returns.
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
            // SAFETY: The VFS has passed the position of this write, or null for a stream. Only
            // `user` uses it.
            let mut user = unsafe { UserSource::from_user(position, at, len) };
            returned(T::write(scope, &mut user).map(|count| count.min(user.room())))
        };
        // SAFETY: `Self::open` has opened the file, and the VFS holds on to it until this returns.
        unsafe { Self::call(file, Caller::File(file), write) }
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn read_iter(
        kiocb: *mut bindings::kiocb,
        iov: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY: The caller of the operation has passed the kiocb and the iterator of this read.
        // `read_into` drops the result of the closure before the next call of it, so only one uses
        // them at a time.
        let user = || unsafe { UserDest::from_raw(Self::position(kiocb), iov) };
        // SAFETY: `Self::open` has opened the file of the kiocb, and the caller of the operation
        // holds on to both until this returns.
        unsafe { Self::read_into((*kiocb).ki_filp, Caller::Kiocb(kiocb), user, T::read_iter) }
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn write_iter(
        kiocb: *mut bindings::kiocb,
        iov: *mut bindings::iov_iter,
    ) -> isize {
        // SAFETY:
        // - `Self::open` has opened the file of the kiocb, and the caller of the operation holds on
        //   to both until this returns.
        // - It has passed the kiocb and the iterator of this write. Only `user` uses the position
        //   and the iterator.
        let written = unsafe {
            Self::call((*kiocb).ki_filp, Caller::Kiocb(kiocb), |scope| {
                let mut user = UserSource::from_raw(Self::position(kiocb), iov);
                returned(T::write_iter(scope, &mut user).map(|count| count.min(user.room())))
            })
        };
        if T::HAS_FSYNC && written > 0 {
            // Outside of the gate: this calls `fsync`.
            // SAFETY: The caller of the operation holds on to the kiocb, and that to its file,
            // until this returns.
            return unsafe { helpers::devscope_write_sync(kiocb, written, Self::HAS_POSITION) };
        }
        written
    }

    /// Returns the address of the position of a call, or null for a stream.
    ///
    /// # Safety
    ///
    /// `kiocb` is valid.
    #[inline(always)]
    unsafe fn position(kiocb: *mut bindings::kiocb) -> *mut bindings::loff_t {
        match Self::HAS_POSITION {
            // SAFETY: The caller passes a valid kiocb, and the position is a field of it.
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
        // CAST: 0, or an errno.
        // SAFETY: `Self::open` has opened the file, and the VFS holds on to it until this returns.
        unsafe { Self::call(file, Caller::File(file), sync) as c_int }
    }
}
