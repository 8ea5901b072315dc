// SPDX-License-Identifier: GPL-2.0
// UNSAFE: thin wrappers over C.

//! A request of io_uring for a command.
//!
//! C header: [`include/linux/io_uring/cmd.h`](srctree/include/linux/io_uring/cmd.h)

use crate::{ffi::helpers, user::Bytes};
use core::ptr::NonNull;
use kernel::{bindings, prelude::*};

/// The maximum size of the payload of a command, in bytes.
pub(crate) const MAX_PAYLOAD: usize = 80;

/// A pointer to a request. Its user has to know that the request is valid.
#[derive(Clone, Copy)]
pub(crate) struct Request(NonNull<bindings::io_uring_cmd>);

// SAFETY: A request may be used by any thread.
unsafe impl Send for Request {}
// SAFETY: A request may be used by any thread.
unsafe impl Sync for Request {}

impl Request {
    /// # Safety
    ///
    /// `cmd` is not null.
    pub(crate) unsafe fn from_raw(cmd: *mut bindings::io_uring_cmd) -> Self {
        // SAFETY: The caller's pointer is not null.
        Self(unsafe { NonNull::new_unchecked(cmd) })
    }

    pub(crate) fn as_raw(self) -> *mut bindings::io_uring_cmd {
        self.0.as_ptr()
    }

    /// Returns the payload of the command.
    ///
    /// # Safety
    ///
    /// The request is being issued, with these flags, for `'a`.
    pub(crate) unsafe fn payload<'a>(self, issue_flags: u32) -> Bytes<'a> {
        // SAFETY: No preconditions.
        let long = unsafe { helpers::devscope_uring_is_long(issue_flags) };
        // SAFETY: The request is being issued for `'a`, with these flags, so the payload has the
        // length that they determine. Other code may write it, which `Bytes` expects.
        unsafe {
            let start = helpers::devscope_uring_payload(self.0.as_ptr());
            match long {
                true => Bytes::from_raw(start.cast::<[u8; MAX_PAYLOAD]>()),
                false => Bytes::from_raw(start.cast::<[u8; 16]>()),
            }
        }
    }

    /// Returns the command of the request.
    ///
    /// # Safety
    ///
    /// The request is valid, and `devscope_uring_set_command()` was called.
    pub(crate) unsafe fn command(self) -> *const c_void {
        // SAFETY: The caller knows that the request is valid, and that the field was set that this
        // reads.
        unsafe { helpers::devscope_uring_command(self.0.as_ptr()) }
    }

    /// Makes the task of the request call `complete` with the lock of the ring held, with the
    /// request and the flags for its completion. In any context but NMI. Not inlined into other
    /// modules, since the C function is not exported.
    ///
    /// # Safety
    ///
    /// No other code completes the request. Until `complete` has had the lock of the ring, other
    /// code only reads [`Self::command`]. The call that has issued the request has returned
    /// that it is pending, or will. `complete` completes it, and may be called in that task.
    #[inline(never)]
    pub(crate) unsafe fn complete_in_task(
        self,
        complete: unsafe extern "C" fn(*mut bindings::io_uring_cmd, c_uint),
    ) {
        // SAFETY: The caller alone completes the request, so it is valid until `complete` has
        // completed it. io_uring is told, or will be, that it is pending.
        unsafe { helpers::devscope_uring_complete_in_task(self.0.as_ptr(), Some(complete)) };
    }
}
