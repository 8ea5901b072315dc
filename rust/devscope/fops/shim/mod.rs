// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of the file operations: the way in, and their table.

//! The shim: the only `extern "C"` file operations, for every kind of registration.
//!
//! Each is a few lines around [`Shim::inside`], the one way in.

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

/// A member of a table, where there is one. No function, which would have the method made in any
/// case.
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
    /// Runs `body` inside the gate, or returns `None` where the device is gone.
    ///
    /// # Safety
    ///
    /// `file` is open with [`Self::open`], and stays so for the call; `caller` is of this call.
    #[inline(always)]
    unsafe fn inside<R>(
        file: *mut bindings::file,
        caller: Caller,
        body: impl FnOnce(Scope<'_, T>) -> R,
    ) -> Option<R> {
        // SAFETY: `Self::open` has opened `file`, so an `OpenFile` is there, which `release` has
        // not taken yet. The caller holds on to the file and to what `caller` points to: both live
        // longer than the section.
        let mut section = unsafe {
            let open = &*(*file).private_data.cast::<OpenFile<T>>();
            Section::enter(open, caller)
        }?;
        // SAFETY: The only scope of the section.
        Some(body(unsafe { section.scope() }))
    }

    /// Whether a file keeps a position.
    const HAS_POSITION: bool = T::HAS_LLSEEK || T::KEEPS_POSITION;

    /// As [`Self::inside`], for a call that says a number or an error.
    ///
    /// # Safety
    ///
    /// As there.
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

    /// As [`Self::call`]; `refused` says what is said on a file that is revoked or unplugged.
    ///
    /// # Safety
    ///
    /// As there.
    #[inline(always)]
    unsafe fn call_or(
        file: *mut bindings::file,
        caller: Caller,
        body: impl FnOnce(Scope<'_, T>) -> Result<isize>,
        refused: impl FnOnce(&OpenFile<T>) -> isize,
    ) -> isize {
        // SAFETY: `Self::open` has opened `file`, so an `OpenFile` is there, which `release` has
        // not taken yet.
        let open = unsafe { &*(*file).private_data.cast::<OpenFile<T>>() };
        // SAFETY: The caller holds on to the file, and so to the `OpenFile`, and to what `caller`
        // points to until this returns: both live longer than the section.
        let Some(mut section) = (unsafe { Section::enter(open, caller) }) else {
            return refused(open);
        };
        // SAFETY: The only scope of the section.
        match body(unsafe { section.scope() }) {
            Ok(result) => result,
            // It was cut short, and is answered as one that comes now. By its type, nothing else
            // takes the scope away for good.
            Err(ENODEV) if Self::TELLS && !section.is_inside() => refused(open),
            Err(error) => errno(error),
        }
    }

    /// Whether anything else is said than that there is no device.
    const TELLS: bool = T::HAS_READ_LEFT || !matches!(T::REVOKED, ENODEV);

    /// What is said on a file that is revoked or unplugged.
    #[cold]
    fn refused(open: &OpenFile<T>) -> isize {
        errno(match open.pass().is_revoked() {
            true => T::REVOKED,
            false => ENODEV,
        })
    }

    /// Whether `open` is unplugged, and has something to read all the same.
    fn has_left(open: &OpenFile<T>) -> bool {
        T::HAS_READ_LEFT && open.pass().is_unplugged() && open.data().has_left()
    }

    /// As [`Self::refused`], for a read, of a driver that has something left.
    #[cold]
    fn read_refused(open: &OpenFile<T>, user: &mut UserDest<'_>) -> isize {
        if !user.is_empty() && Self::has_left(open) {
            let read = T::read_left(&Left::new(open), user).map(|count| count.min(user.room()));
            match returned(read) {
                // Somebody else has read it.
                Ok(0) => {}
                read => return read.unwrap_or_else(errno),
            }
        }
        Self::refused(open)
    }

    /// The table for a registration whose `open` is `open`.
    ///
    /// # Safety
    ///
    /// `open` succeeds only where [`Self::open`] did, for the same file.
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
            // These call the two above, where the gate is.
            splice_read: when!(T::HAS_READ_ITER, bindings::copy_splice_read),
            splice_write: when!(T::HAS_WRITE_ITER, bindings::iter_file_splice_write),
            flush: when!(T::HAS_FLUSH, Self::flush),
            fsync: when!(T::HAS_FSYNC, Self::fsync),
            uring_cmd: when!(T::HAS_URING_CMD, Self::uring_cmd),
            // Always, for a file without a device is never ready.
            poll: Some(Self::poll),
            fasync: when!(T::HAS_FASYNC, Self::fasync),
            mmap_prepare: when!(T::HAS_MMAP, Self::mmap_prepare),
            llseek: when!(T::HAS_LLSEEK, Self::llseek),
            show_fdinfo: Some(Self::show_fdinfo),
            ..pin_init::zeroed()
        }
    }
}

/// A result without a value, as the VFS takes it.
#[inline(always)]
fn status(result: Result) -> c_int {
    result.map_or_else(|error| error.to_errno(), |()| 0)
}

/// An error as the VFS takes it.
#[inline(always)]
fn errno(error: Error) -> isize {
    // CAST: Widens.
    error.to_errno() as isize
}

/// What a read or a write returns to the VFS.
#[inline(always)]
fn returned(result: Result<usize>) -> Result<isize> {
    match result {
        // CAST: A count is at most `MAX_RW_COUNT`.
        Ok(count) => Ok(count as isize),
        // The VFS takes it that somebody completes the operation later. Nobody does.
        Err(EIOCBQUEUED) => Err(EIO),
        Err(error) => Err(error),
    }
}
