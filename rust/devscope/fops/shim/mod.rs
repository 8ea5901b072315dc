// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of the file operations: the way in, and their table.

//! The shim: the only `extern "C"` file operations, for every kind of registration.
//!
//! Each is a few lines around [`Shim::inside`], the only function that enters the gate.

mod control;
mod io;
mod mapping;
mod open;
mod uring;

use super::{Caller, FileOperations, Left, OpenFile, Scope, Section};
use crate::user::UserDest;
use core::marker::PhantomData;
use kernel::{
    bindings,
    module::this_module,
    prelude::*, //
};

/// A member of a table, if the driver has the method. A function would instantiate the method in
/// any case.
macro_rules! when {
    ($has:expr, $operation:expr) => {
        if $has {
            Some($operation)
        } else {
            None
        }
    };
}

/// The file operations of `T`.
pub(crate) struct Shim<T>(PhantomData<T>);

impl<T: FileOperations> Shim<T> {
    /// Runs `body` inside the gate, or returns `None` if the device is gone.
    ///
    /// # Safety
    ///
    /// `file` is open with [`Self::open`], and stays open for the call; `caller` is that of this
    /// call.
    #[inline(always)]
    unsafe fn inside<R>(
        file: *mut bindings::file,
        caller: Caller,
        body: impl FnOnce(Scope<'_, T>) -> R,
    ) -> Option<R> {
        // SAFETY: `Self::open` has opened `file`, so it has an `OpenFile`, which `release` has not
        // taken yet. The caller holds on to the file and to what `caller` points to: both live
        // longer than the section.
        let mut section = unsafe {
            let open = &*(*file).private_data.cast::<OpenFile<T>>();
            Section::enter(open, caller)
        }?;
        // SAFETY: The only scope of the section.
        Some(body(unsafe { section.scope() }))
    }

    /// Whether a file has a position.
    const HAS_POSITION: bool = T::HAS_LLSEEK || T::KEEPS_POSITION;

    /// As [`Self::inside`], for a call that returns a number or an error.
    ///
    /// # Safety
    ///
    /// As for [`Self::inside`].
    #[inline(always)]
    unsafe fn call(
        file: *mut bindings::file,
        caller: Caller,
        body: impl FnOnce(Scope<'_, T>) -> Result<isize>,
    ) -> isize {
        // SAFETY: The caller holds on to `file`, which `Self::open` has opened, and to what
        // `caller` points to until this returns.
        unsafe { Self::call_or(file, caller, body, Self::refused) }
    }

    /// As [`Self::call`]; `refused` returns the result for a file that is revoked or unplugged.
    ///
    /// # Safety
    ///
    /// As for [`Self::inside`].
    #[inline(always)]
    unsafe fn call_or(
        file: *mut bindings::file,
        caller: Caller,
        body: impl FnOnce(Scope<'_, T>) -> Result<isize>,
        refused: impl FnOnce(&OpenFile<T>) -> isize,
    ) -> isize {
        // SAFETY: `Self::open` has opened `file`, so it has an `OpenFile`, which `release` has not
        // taken yet.
        let open = unsafe { &*(*file).private_data.cast::<OpenFile<T>>() };
        // SAFETY: The caller holds on to the file, and so to the `OpenFile`, and to what `caller`
        // points to until this returns: both live longer than the section.
        let Some(mut section) = (unsafe { Section::enter(open, caller) }) else {
            return refused(open);
        };
        // SAFETY: The only scope of the section.
        match body(unsafe { section.scope() }) {
            Ok(result) => result,
            // The call was ended by unplug or revoke: it gets the same result as a new call. By its
            // type, only these consume the scope without returning one.
            Err(ENODEV) if Self::TELLS && !section.is_inside() => refused(open),
            Err(error) => errno(error),
        }
    }

    /// Whether a refused call can return anything but `ENODEV`.
    const TELLS: bool = T::HAS_READ_LEFT || !matches!(T::REVOKED, ENODEV);

    /// Returns the result for a file that is revoked or unplugged.
    #[cold]
    fn refused(open: &OpenFile<T>) -> isize {
        errno(match open.pass().is_revoked() {
            true => T::REVOKED,
            false => ENODEV,
        })
    }

    /// Returns whether `open` is unplugged and has data left to read.
    fn has_left(open: &OpenFile<T>) -> bool {
        T::HAS_READ_LEFT && open.pass().is_unplugged() && open.data().has_left()
    }

    /// As [`Self::refused`], for a read. It reads what is left, if there is data left.
    #[cold]
    fn read_refused(open: &OpenFile<T>, user: &mut UserDest<'_>) -> isize {
        if !user.is_empty() && Self::has_left(open) {
            let read = T::read_left(&Left::new(open), user).map(|count| count.min(user.room()));
            match returned(read) {
                // Another caller has read it.
                Ok(0) => {}
                read => return read.unwrap_or_else(errno),
            }
        }
        Self::refused(open)
    }

    /// Returns the file operations for a registration whose `open` is `open`.
    ///
    /// # Safety
    ///
    /// `open` succeeds only if [`Self::open`] did, for the same file.
    pub(crate) const unsafe fn table(
        open: unsafe extern "C" fn(*mut bindings::inode, *mut bindings::file) -> c_int,
    ) -> bindings::file_operations {
        bindings::file_operations {
            owner: this_module::<T::OwnerModule>().as_ptr(),
            open: Some(open),
            release: Some(Self::release),
            read: when!(T::HAS_READ, Self::read),
            write: when!(T::HAS_WRITE, Self::write),
            read_iter: when!(T::HAS_READ_ITER, Self::read_iter),
            write_iter: when!(T::HAS_WRITE_ITER, Self::write_iter),
            unlocked_ioctl: when!(T::HAS_IOCTL, Self::ioctl),
            #[cfg(CONFIG_COMPAT)]
            compat_ioctl: if T::HAS_COMPAT_IOCTL {
                Some(Self::compat_ioctl)
            } else if T::HAS_IOCTL {
                bindings::compat_ptr_ioctl
            } else {
                None
            },
            // These call the two above, which enter the gate.
            splice_read: when!(T::HAS_READ_ITER, bindings::copy_splice_read),
            splice_write: when!(T::HAS_WRITE_ITER, bindings::iter_file_splice_write),
            flush: when!(T::HAS_FLUSH, Self::flush),
            fsync: when!(T::HAS_FSYNC, Self::fsync),
            uring_cmd: when!(T::HAS_URING_CMD, Self::uring_cmd),
            // Always set: a file without a device must not count as ready.
            poll: Some(Self::poll),
            fasync: when!(T::HAS_FASYNC, Self::fasync),
            mmap_prepare: when!(T::HAS_MMAP, Self::mmap_prepare),
            llseek: when!(T::HAS_LLSEEK, Self::llseek),
            show_fdinfo: Some(Self::show_fdinfo),
            ..pin_init::zeroed()
        }
    }
}

/// Converts a result without a value for the VFS.
#[inline(always)]
pub(crate) fn status(result: Result) -> c_int {
    result.map_or_else(|error| error.to_errno(), |()| 0)
}

/// Converts an error for the VFS.
#[inline(always)]
fn errno(error: Error) -> isize {
    // CAST: Widens.
    error.to_errno() as isize
}

/// Converts the result of a read or a write for the VFS.
#[inline(always)]
fn returned(result: Result<usize>) -> Result<isize> {
    match result {
        // CAST: A count is at most `MAX_RW_COUNT`.
        Ok(count) => Ok(count as isize),
        // With this error, the VFS would expect a later completion, which never comes.
        Err(EIOCBQUEUED) => Err(EIO),
        Err(error) => Err(error),
    }
}
