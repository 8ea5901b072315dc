// SPDX-License-Identifier: GPL-2.0
// UNSAFE: wraps a list of `struct fasync_struct`.

//! `SIGIO`: signals for those who set `O_ASYNC`.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use core::ptr::null_mut;
use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    sync::Mutex,
    types::Opaque, //
};

/// Who is sent `SIGIO` for an open file: a field of the file's data, which
/// [`SyncFile::fasync`](super::SyncFile::fasync) names.
///
/// At unplug, the framework signals [`Band::Hup`] and turns it off; where the file is revoked, it turns
/// it off.
///
/// # Invariants
///
/// `file`, where it is not null, is on `list`, and is open.
#[pin_data]
pub struct Fasync {
    #[pin]
    list: Opaque<*mut bindings::fasync_struct>,
    #[pin]
    file: Mutex<FilePtr>,
}

/// A `struct file`, or null.
struct FilePtr(*mut bindings::file);

// SAFETY: A file may be used by any thread.
unsafe impl Send for FilePtr {}
// SAFETY: The list is protected by C's own lock and by RCU; the rest is `Send` and `Sync`.
unsafe impl Send for Fasync {}
// SAFETY: As above.
unsafe impl Sync for Fasync {}

/// Why the signal is sent: `si_code`, where `F_SETSIG` asks for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Band {
    /// `POLL_IN`: there is something to read.
    In = 1,
    /// `POLL_OUT`: there is room to write.
    Out = 2,
    /// `POLL_PRI`: something urgent.
    Pri = 5,
    /// `POLL_HUP`: the device is gone.
    Hup = 6,
}

impl Fasync {
    /// Nobody yet.
    pub fn new() -> impl PinInit<Self> {
        let (name, key) = crate::lock_class!(c"devscope_fasync");
        pin_init!(Self {
            list <- Opaque::ffi_init(|slot: *mut *mut bindings::fasync_struct| {
                // SAFETY: `slot` is valid for writes.
                unsafe { slot.write(null_mut()) }
            }),
            // INVARIANT: Null.
            file <- Mutex::new(FilePtr(null_mut()), name, key),
        })
    }

    /// Sends the signal. In any context but NMI.
    #[inline]
    pub fn signal(&self, band: Band) {
        if !self.is_off() {
            // SAFETY: The list is initialised.
            unsafe { bindings::kill_fasync(self.list.get(), SIGIO, band as c_int) };
        }
    }

    #[inline]
    fn is_off(&self) -> bool {
        // SAFETY: Valid; C reads it the same way before it takes a lock.
        unsafe { self.list.get().read_volatile() }.is_null()
    }

    /// Puts `file` on the list. Sleeps. Errors: `ENOMEM`.
    ///
    /// # Safety
    ///
    /// The arguments are those of the file operation, and the only file that this is ever called
    /// for.
    pub(super) unsafe fn turn_on(&self, fd: c_int, file: *mut bindings::file) -> Result {
        let mut registered = self.file.lock();
        // SAFETY: By the safety requirement; the list is initialised.
        to_result(unsafe { bindings::fasync_helper(fd, file, 1, self.list.get()) })?;
        // INVARIANT: It is on the list. Its last close begins with `turn_off`.
        registered.0 = file;
        Ok(())
    }

    /// Takes the file off the list, if it is there. Nobody puts it there meanwhile. Sleeps.
    pub(super) fn turn_off(&self) {
        if self.is_off() {
            return;
        }
        let mut registered = self.file.lock();
        if !registered.0.is_null() {
            // SAFETY: By the type invariant.
            unsafe { bindings::fasync_helper(-1, registered.0, 0, self.list.get()) };
            registered.0 = null_mut();
        }
    }
}

// CAST: A small number.
const SIGIO: c_int = bindings::SIGIO as c_int;
