// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of the file operations, all of it.

//! The shim: the only `extern "C"` file operations, for every kind of registration.
//!
//! Each is a few lines around [`Shim::inside`], the one way in.

use super::{
    Endpoint, Events, OpenFile, OpenScope, PollTable, SyncFile, UserDest, UserSource, Whence,
};
use crate::ffi::with_files;
use crate::scope::{Caller, Scope, Section};
use core::{marker::PhantomData, ptr::NonNull};
use kernel::{
    bindings,
    fs::File,
    list::ListArc,
    module::this_module,
    prelude::*,
    seq_file::SeqFile,
    sync::Arc,
    uaccess::UserPtr, //
};

/// The file operations of `T`.
pub(crate) struct Shim<T>(PhantomData<T>);

impl<T: SyncFile> Shim<T> {
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
        // SAFETY: By the safety requirement, `open` has stored an `OpenFile` there, which
        // `release` has not taken yet; so both live longer than the section.
        let mut section = unsafe {
            let open = &*(*file).private_data.cast::<OpenFile<T>>();
            Section::enter(open, caller)
        }?;
        // SAFETY: The only scope of the section.
        Some(body(unsafe { section.scope() }))
    }

    /// The `open` of every kind of registration: opens `file` on `endpoint`.
    ///
    /// # Safety
    ///
    /// `inode` and `file` are the arguments of the file operation `open`, which is called once, on
    /// a file whose table is [`Self::table`].
    pub(crate) unsafe fn open(
        endpoint: &Arc<Endpoint<T>>,
        inode: *mut bindings::inode,
        file: *mut bindings::file,
    ) -> Result {
        let _inside = endpoint
            .gate()
            .enter(endpoint.gate().pass())
            .ok_or(ENODEV)?;
        if !T::HAS_LLSEEK {
            // SAFETY: By the safety requirement. Both always return 0.
            unsafe {
                match T::KEEPS_POSITION {
                    true => bindings::nonseekable_open(inode, file),
                    false => bindings::stream_open(inode, file),
                }
            };
        }
        // SAFETY: Inside until this returns.
        let scope = unsafe { OpenScope::new(endpoint) };
        // SAFETY: By the safety requirement; a file that is being opened has no `fdget_pos()`.
        let data = T::open(&scope, unsafe { File::from_raw_file(file) });
        let open: ListArc<_> =
            ListArc::pin_init(OpenFile::new(endpoint.clone(), data), GFP_KERNEL)?;
        let shared = open.clone_arc();
        endpoint.admit(open)?;
        if T::HAS_CONNECT {
            // SAFETY: `shared` is held on to; being inside, the device's data is there. It is the
            // only scope of the section.
            let connected = unsafe { T::connect(&Section::outsider(&shared).scope()) };
            if let Err(error) = connected {
                // The closer takes files off the list after the drain, so this one is there.
                drop(endpoint.remove(&shared));
                return Err(error);
            }
        }
        // SAFETY: A file that is being opened is this operation's. `release` takes it back.
        unsafe { (*file).private_data = Arc::into_raw(shared).cast_mut().cast() };
        Ok(())
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    unsafe extern "C" fn release(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: `open` has put it there, and this is the only call of `release`.
        let open = unsafe { Arc::from_raw((*file).private_data.cast::<OpenFile<T>>()) };
        // SAFETY: By the safety requirement; at its last close nobody uses the position.
        let file = unsafe { File::from_raw_file(file) };
        // The driver's code has files to look at, though the caller may be exiting.
        with_files(move || {
            // The closer may be about to do it: the file is not gone before that is over.
            open.turn_fasync_off();
            // SAFETY: `open` is held on to until the section is left.
            let section = unsafe { Section::enter(&open, Caller::Release(file.as_ptr())) };
            // If not, the closer has the file, or will: it disconnects it while there is a device.
            let Some(mut section) = section else {
                return open.endpoint().give_way();
            };
            // The closer takes files off the list after the drain, so this one is there.
            drop(open.endpoint().remove(&open));
            // SAFETY: The only scope of the section.
            T::disconnect(&unsafe { section.scope() });
        });
        0
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    unsafe extern "C" fn read(
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
    unsafe extern "C" fn write(
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
    unsafe extern "C" fn read_iter(
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
    unsafe extern "C" fn write_iter(
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

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    unsafe extern "C" fn ioctl(file: *mut bindings::file, cmd: c_uint, arg: c_ulong) -> c_long {
        let ioctl = |scope: Scope<'_, T>| T::ioctl(scope, cmd, arg).unwrap_or_else(errno);
        // SAFETY: By the safety requirement.
        unsafe { Self::inside(file, Caller::File(file), ioctl) }.unwrap_or_else(gone)
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    #[cfg(CONFIG_COMPAT)]
    unsafe extern "C" fn compat_ioctl(
        file: *mut bindings::file,
        cmd: c_uint,
        arg: c_ulong,
    ) -> c_long {
        let ioctl = |scope: Scope<'_, T>| T::compat_ioctl(scope, cmd, arg).unwrap_or_else(errno);
        // SAFETY: By the safety requirement.
        unsafe { Self::inside(file, Caller::File(file), ioctl) }.unwrap_or_else(gone)
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    unsafe extern "C" fn poll(
        file: *mut bindings::file,
        table: *mut bindings::poll_table,
    ) -> bindings::__poll_t {
        // SAFETY: As in `inside`.
        let mut table = unsafe {
            let open = &*(*file).private_data.cast::<OpenFile<T>>();
            PollTable::from_raw(open, file, table)
        };
        // SAFETY: By the safety requirement.
        let ready = unsafe {
            Self::inside(file, Caller::File(file), |scope| {
                let ready = if T::HAS_POLL {
                    T::poll(&scope, &mut table)
                } else {
                    Events::IN | Events::OUT
                };
                table.wait_closing();
                // It is on a queue by now, and the closer ends the pass before it wakes.
                table.is_live().then_some(ready)
            })
        };
        ready.flatten().map_or_else(|| table.gone(), Events::mask)
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    unsafe extern "C" fn fasync(fd: c_int, file: *mut bindings::file, on: c_int) -> c_int {
        let result = if on == 0 {
            // Whether there is a device or not, and before the file is gone.
            // SAFETY: As in `inside`.
            unsafe { &*(*file).private_data.cast::<OpenFile<T>>() }.turn_fasync_off();
            Ok(())
        } else {
            // SAFETY: By the safety requirement.
            unsafe {
                Self::inside(file, Caller::File(file), |scope| {
                    scope
                        .open_file()
                        .turn_fasync_on(fd, NonNull::new_unchecked(file))
                })
            }
            .unwrap_or(Err(ENODEV))
        };
        result.map_or_else(|error| error.to_errno(), |()| 0)
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    unsafe extern "C" fn llseek(
        file: *mut bindings::file,
        offset: bindings::loff_t,
        whence: c_int,
    ) -> bindings::loff_t {
        let seek = |scope: Scope<'_, T>| {
            let whence = match whence as u32 {
                bindings::SEEK_SET => Whence::Set,
                bindings::SEEK_CUR => Whence::Current,
                bindings::SEEK_END => Whence::End,
                _ => return Err(EINVAL),
            };
            // As in C, two callers who seek at the same time do so at their own risk.
            // SAFETY: By the safety requirement, the file is valid.
            let position = unsafe { &raw mut (*file).f_pos };
            // SAFETY: As above.
            let target = T::llseek(&scope, unsafe { position.read_volatile() }, offset, whence)?;
            // SAFETY: As above.
            unsafe { position.write_volatile(target) };
            Ok(target)
        };
        // SAFETY: By the safety requirement.
        let result = unsafe { Self::inside(file, Caller::File(file), seek) };
        result
            .unwrap_or(Err(ENODEV))
            .unwrap_or_else(|error| error.to_errno().into())
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    unsafe extern "C" fn show_fdinfo(m: *mut bindings::seq_file, file: *mut bindings::file) {
        // SAFETY: By the safety requirement. A file without a device has nothing to say.
        let _ = unsafe {
            Self::inside(file, Caller::File(file), |scope| {
                T::show_fdinfo(&scope, SeqFile::from_raw(m));
            })
        };
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
            read: if T::HAS_READ { Some(Self::read) } else { None },
            write: if T::HAS_WRITE {
                Some(Self::write)
            } else {
                None
            },
            read_iter: if T::HAS_READ_ITER {
                Some(Self::read_iter)
            } else {
                None
            },
            write_iter: if T::HAS_WRITE_ITER {
                Some(Self::write_iter)
            } else {
                None
            },
            unlocked_ioctl: if T::HAS_IOCTL {
                Some(Self::ioctl)
            } else {
                None
            },
            #[cfg(CONFIG_COMPAT)]
            compat_ioctl: if T::HAS_COMPAT_IOCTL {
                Some(Self::compat_ioctl)
            } else if T::HAS_IOCTL {
                bindings::compat_ptr_ioctl
            } else {
                None
            },
            // Always, for a file without a device is never ready.
            poll: Some(Self::poll),
            fasync: if T::HAS_FASYNC {
                Some(Self::fasync)
            } else {
                None
            },
            llseek: if T::HAS_LLSEEK {
                Some(Self::llseek)
            } else {
                None
            },
            show_fdinfo: if T::HAS_SHOW_FDINFO {
                Some(Self::show_fdinfo)
            } else {
                None
            },
            ..pin_init::zeroed()
        }
    }
}

/// An error as the VFS takes it.
#[inline(always)]
fn errno(error: Error) -> isize {
    // CAST: Widens.
    error.to_errno() as isize
}

/// That there is no device any more.
#[inline(always)]
fn gone() -> isize {
    errno(ENODEV)
}

/// What a read or a write returns to the VFS.
#[inline(always)]
fn returned(result: Result<usize>) -> isize {
    match result {
        // CAST: A count is at most `MAX_RW_COUNT`.
        Ok(count) => count as isize,
        // The VFS takes it that somebody completes the operation later. Nobody does.
        Err(EIOCBQUEUED) => errno(EIO),
        Err(error) => errno(error),
    }
}
