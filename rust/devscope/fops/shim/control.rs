// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of `ioctl`, `poll` and their kin.

//! `ioctl`, `poll`, `fasync`, `llseek` and `show_fdinfo`.

use super::Shim;
use crate::{
    fops::{poll, Caller, FileOperations, OpenFile, PollTable, Scope, Whence},
    wait::Events, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    prelude::*,
    seq_file::{seq_print, SeqFile}, //
};

impl<T: FileOperations> Shim<T> {
    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn ioctl(
        file: *mut bindings::file,
        cmd: c_uint,
        arg: c_ulong,
    ) -> c_long {
        let ioctl = |scope: Scope<'_, T>| T::ioctl(scope, cmd, arg);
        // SAFETY: `Self::open` has opened the file, and the VFS holds on to it until this returns.
        unsafe { Self::call(file, Caller::File(file), ioctl) }
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    #[cfg(CONFIG_COMPAT)]
    pub(super) unsafe extern "C" fn compat_ioctl(
        file: *mut bindings::file,
        cmd: c_uint,
        arg: c_ulong,
    ) -> c_long {
        let ioctl = |scope: Scope<'_, T>| T::compat_ioctl(scope, cmd, arg);
        // SAFETY: `Self::open` has opened the file, and the VFS holds on to it until this returns.
        unsafe { Self::call(file, Caller::File(file), ioctl) }
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn poll(
        file: *mut bindings::file,
        table: *mut bindings::poll_table,
    ) -> bindings::__poll_t {
        // SAFETY: `Self::open` has opened the file, so it has an `OpenFile`, which `release` has
        // not taken yet.
        let open = unsafe { &*(*file).private_data.cast::<OpenFile<T>>() };
        // Each result has code of its own, of which one needs no registers.
        // SAFETY:
        // - `Self::open` has opened the file, and the VFS holds on to it until this returns.
        // - It is open on `open`. `table` is the one that the VFS has passed, null or valid, and
        //   `queues` is the result of `queues()` for it.
        let ready = unsafe {
            Self::inside(file, Caller::File(file), |scope| {
                match poll::queues(table) {
                    true => Self::ask(scope, PollTable::from_raw(open, file, table, true)),
                    false => Self::ask(scope, PollTable::from_raw(open, file, table, false)),
                }
            })
        };
        match ready.flatten() {
            Some(ready) => ready.mask(),
            // SAFETY: The VFS has passed a table that is null or valid.
            None => unsafe { Self::poll_refused(open, table) },
        }
    }

    /// Returns the events for a poller that is inside, or `None` if its device is gone meanwhile.
    #[inline(always)]
    fn ask(scope: Scope<'_, T>, mut table: PollTable<'_, T>) -> Option<Events> {
        let ready = match T::HAS_POLL {
            true => T::poll(&scope, &mut table),
            false => Events::IN | Events::OUT,
        };
        if !table.queues() {
            // The result is valid now, while the poller is inside. If it is on queues from an
            // earlier call, the closer ends the pass and then wakes it, and it polls again.
            return Some(ready);
        }
        table.wait_closing();
        // The poller is on a queue already, and the closer ends the pass before it wakes the queue.
        table.is_live().then_some(ready)
    }

    /// Returns the events for a poller whose device is gone.
    ///
    /// # Safety
    ///
    /// `table` is null or valid.
    #[cold]
    #[inline(never)]
    unsafe fn poll_refused(
        open: &OpenFile<T>,
        table: *mut bindings::poll_table,
    ) -> bindings::__poll_t {
        // SAFETY: The caller passes a table that is null or valid.
        let gone = unsafe { poll::gone(table) };
        gone | Events::IN.when(Self::has_left(open)).mask()
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn fasync(
        fd: c_int,
        file: *mut bindings::file,
        on: c_int,
    ) -> c_int {
        if on == 0 {
            // Also without a device, and before the file is freed.
            // SAFETY: `Self::open` has opened the file, so it has an `OpenFile`, which `release`
            // has not taken yet.
            unsafe { &*(*file).private_data.cast::<OpenFile<T>>() }.turn_fasync_off(None);
            return 0;
        }
        // SAFETY:
        // - `Self::open` has opened the file, and the VFS holds on to it until this returns.
        // - `fd` and `file` are the arguments of this operation, so `file` is not null.
        let result = unsafe {
            Self::call(file, Caller::File(file), |scope| {
                let open = scope.open_file();
                open.turn_fasync_on(fd, NonNull::new_unchecked(file))?;
                Ok(0)
            })
        };
        // CAST: 0, or an errno.
        result as c_int
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn llseek(
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
            // As in C, concurrent seeks on a file are not serialised.
            // SAFETY: The VFS holds on to the file until the operation returns, so it is valid.
            let position = unsafe { &raw mut (*file).f_pos };
            // SAFETY: It is a field of the file, which is valid; others may write to it meanwhile.
            let target = T::llseek(&scope, unsafe { position.read_volatile() }, offset, whence)?;
            // SAFETY: The file is still valid: its caller has it.
            unsafe { position.write_volatile(target) };
            // CAST: The same, on a machine of 64 bits.
            Ok(target as isize)
        };
        // CAST: The same, on a machine of 64 bits.
        // SAFETY: `Self::open` has opened the file, and the VFS holds on to it until this returns.
        unsafe { Self::call(file, Caller::File(file), seek) as bindings::loff_t }
    }

    /// # Safety
    ///
    /// The arguments are those of the file operation, on a file opened with [`Self::open`].
    pub(super) unsafe extern "C" fn show_fdinfo(
        m: *mut bindings::seq_file,
        file: *mut bindings::file,
    ) {
        // SAFETY: `/proc` passes a `seq_file` that is valid and that no other code uses until this
        // returns.
        let m = unsafe { SeqFile::from_raw(m) };
        // SAFETY: `Self::open` has opened the file, and `/proc` holds on to it until this returns.
        let live = unsafe {
            Self::inside(file, Caller::File(file), |scope| {
                seq_print!(m, "devscope:\tlive\n");
                if T::HAS_SHOW_FDINFO {
                    T::show_fdinfo(&scope, m);
                }
            })
        };
        if live.is_none() {
            // SAFETY: `Self::open` has opened the file, so it has an `OpenFile`, which `release`
            // has not taken yet.
            let open = unsafe { &*(*file).private_data.cast::<OpenFile<T>>() };
            let end = match open.pass().is_revoked() {
                true => "revoked",
                false => "unplugged",
            };
            seq_print!(m, "devscope:\t{end}\n");
        }
    }
}
