// SPDX-License-Identifier: GPL-2.0
// UNSAFE: wraps a list of `struct fasync_struct`.

//! `SIGIO`: signals for files with `O_ASYNC`.
//!
//! C header: [`include/linux/fs.h`](srctree/include/linux/fs.h)

use core::ptr::{null_mut, NonNull};
use kernel::{
    bindings,
    error::to_result,
    prelude::*,
    sync::Mutex,
    types::Opaque, //
};

/// The receivers of `SIGIO` for an open file: a field of the file's data, which
/// [`FileOperations::fasync`](super::FileOperations::fasync) returns. If files share a `Fasync`, it
/// serves one of them at a time.
///
/// At unplug, the framework sends [`Band::Hup`] and then takes the file off the list. When the file
/// is revoked, it only takes the file off.
///
/// # Invariants
///
/// The file in `user` is open and on `list`.
#[pin_data]
pub struct Fasync {
    #[pin]
    list: Opaque<*mut bindings::fasync_struct>,
    #[pin]
    user: Mutex<Option<User>>,
}

/// An open file that is on the list.
struct User {
    file: NonNull<bindings::file>,
    /// The identity of the file: the address of its `OpenFile`.
    owner: usize,
}

// SAFETY: A file may be used by any thread.
unsafe impl Send for User {}
// SAFETY: The list is protected by C's own lock and by RCU; the rest is `Send` and `Sync`.
unsafe impl Send for Fasync {}
// SAFETY: The list is protected by C's own lock and by RCU; the rest is `Send` and `Sync`.
unsafe impl Sync for Fasync {}

/// The reason for the signal: `si_code`, if the program has used `F_SETSIG`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Band {
    /// `POLL_IN`: there is data to read.
    In = 1,
    /// `POLL_OUT`: there is room to write.
    Out = 2,
    /// `POLL_PRI`: there is urgent data.
    Pri = 5,
    /// `POLL_HUP`: the device is gone.
    Hup = 6,
}

impl Fasync {
    /// Creates an empty list.
    pub fn new() -> impl PinInit<Self> {
        let (name, key) = crate::lock_class!(c"devscope_fasync");
        pin_init!(Self {
            list <- Opaque::ffi_init(|slot: *mut *mut bindings::fasync_struct| {
                // SAFETY: `slot` is valid for writes.
                unsafe { slot.write(null_mut()) }
            }),
            // INVARIANT: There is no user.
            user <- Mutex::new(None, name, key),
        })
    }

    /// Sends the signal to all receivers. In any context but NMI.
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

    /// Adds the file of `owner` to the list. `remember` is called before the file is on the list.
    /// Sleeps. Errors: `ENOMEM`, and `EBUSY` if another file is on the list or `remember` returns
    /// `false`.
    ///
    /// # Safety
    ///
    /// `fd` and `file` are those of the file operation, and `file` is the one of `owner`. If
    /// `remember` has returned `true`, the owner calls [`Self::turn_off`] of this value at its last
    /// close.
    pub(super) unsafe fn turn_on(
        &self,
        fd: c_int,
        file: NonNull<bindings::file>,
        owner: usize,
        remember: impl FnOnce() -> bool,
    ) -> Result {
        let mut user = self.user.lock();
        if user.as_ref().is_some_and(|user| user.owner != owner) || !remember() {
            return Err(EBUSY);
        }
        // SAFETY: `fd` and `file` are the arguments of the file operation, and the owner takes the
        // file off at its last close; the list is initialised.
        to_result(unsafe { bindings::fasync_helper(fd, file.as_ptr(), 1, self.list.get()) })?;
        // INVARIANT: It is on the list, and leaves it before its file is gone.
        *user = Some(User { file, owner });
        Ok(())
    }

    /// Takes the file of `owner` off the list, if it is on it, after the signal `last`. When this
    /// returns, the list does not use this file any more. Sleeps.
    pub(super) fn turn_off(&self, owner: usize, last: Option<Band>) {
        let mut user = self.user.lock();
        if let Some(User { file, .. }) = user.take_if(|user| user.owner == owner) {
            if let Some(band) = last {
                self.signal(band);
            }
            // SAFETY: By the type invariant.
            unsafe { bindings::fasync_helper(-1, file.as_ptr(), 0, self.list.get()) };
        }
    }
}

// CAST: A small number.
const SIGIO: c_int = bindings::SIGIO as c_int;
