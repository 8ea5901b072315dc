// SPDX-License-Identifier: GPL-2.0
// UNSAFE: thin wrappers over C.

//! A request of io_uring's for a command.
//!
//! C header: [`include/linux/io_uring/cmd.h`](srctree/include/linux/io_uring/cmd.h)

use crate::{ffi::helpers, user::Bytes};
use core::ptr::NonNull;
use kernel::{bindings, prelude::*};

/// The most that a command has room for.
pub(crate) const MAX_PAYLOAD: usize = 80;

/// A pointer to a request. Whoever uses it has to know that it is there.
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

    /// Whether the call is about a command that was issued before, and is to be cancelled.
    pub(crate) fn cancels(issue_flags: u32) -> bool {
        // SAFETY: No preconditions.
        unsafe { helpers::devscope_uring_cancels(issue_flags) }
    }

    /// Whether it is issued where it must not wait, with the ring's lock.
    pub(crate) fn is_inline(issue_flags: u32) -> bool {
        // SAFETY: No preconditions.
        unsafe { helpers::devscope_uring_nonblocking(issue_flags) }
    }

    /// # Safety
    ///
    /// The request is there.
    pub(crate) unsafe fn file(self) -> *mut bindings::file {
        // SAFETY: The caller knows that the request is there.
        unsafe { helpers::devscope_uring_file(self.0.as_ptr()) }
    }

    /// # Safety
    ///
    /// The request is there.
    pub(crate) unsafe fn op(self) -> u32 {
        // SAFETY: The caller knows that the request is there.
        unsafe { helpers::devscope_uring_op(self.0.as_ptr()) }
    }

    /// Whether it uses buffers of the ring's or wants several completions.
    ///
    /// # Safety
    ///
    /// The request is there.
    pub(crate) unsafe fn wants_more(self) -> bool {
        // SAFETY: The caller knows that the request is there.
        unsafe { helpers::devscope_uring_wants_more(self.0.as_ptr()) }
    }

    /// What the program has put into the command.
    ///
    /// # Safety
    ///
    /// The request is being issued, with these flags, for `'a`.
    pub(crate) unsafe fn payload<'a>(self, issue_flags: u32) -> Bytes<'a> {
        // SAFETY: No preconditions.
        let long = unsafe { helpers::devscope_uring_is_long(issue_flags) };
        // SAFETY: The request is being issued for `'a`, with these flags, so as many bytes are
        // there as they say. Others may write them, which `Bytes` expects.
        unsafe {
            let start = helpers::devscope_uring_payload(self.0.as_ptr());
            match long {
                true => Bytes::from_raw(start.cast::<[u8; MAX_PAYLOAD]>()),
                false => Bytes::from_raw(start.cast::<[u8; 16]>()),
            }
        }
    }

    /// Gives the request what [`Self::command`] returns.
    ///
    /// # Safety
    ///
    /// The request is there, and nobody else uses it.
    pub(crate) unsafe fn set_command(self, command: *const c_void) {
        // SAFETY: The caller knows that the request is there, and nobody else uses it.
        unsafe { helpers::devscope_uring_set_command(self.0.as_ptr(), command.cast_mut()) };
    }

    /// # Safety
    ///
    /// The request is there, and [`Self::set_command`] was called.
    pub(crate) unsafe fn command(self) -> *const c_void {
        // SAFETY: The caller knows that the request is there, and `set_command` has set what this
        // reads.
        unsafe { helpers::devscope_uring_command(self.0.as_ptr()) }
    }

    /// Has io_uring ask for its end when its ring or its task goes. Waits for the ring's lock, if
    /// the flags do not say that it is held.
    ///
    /// # Safety
    ///
    /// The request is being issued, with these flags.
    pub(crate) unsafe fn mark_cancelable(self, issue_flags: u32) {
        // SAFETY: The caller is issuing the request with these flags, so it is there, and they say
        // whether the lock is held.
        unsafe { helpers::devscope_uring_mark_cancelable(self.0.as_ptr(), issue_flags) };
    }

    /// Completes the request. Waits as [`Self::mark_cancelable`].
    ///
    /// # Safety
    ///
    /// Nobody else does, nor uses the request any more once this has had the ring's lock. io_uring
    /// has passed the flags.
    pub(crate) unsafe fn done(self, result: i32, issue_flags: u32) {
        // SAFETY: The caller alone completes the request, which nobody uses any more once this has
        // had the lock, and the flags are those that io_uring has passed.
        unsafe { helpers::devscope_uring_done(self.0.as_ptr(), result, issue_flags) };
    }

    /// Has the task of the request call `complete`, with the request and flags to complete it with;
    /// it has the ring's lock then. In any context but NMI. Stays in this module, since what it
    /// calls is not exported.
    ///
    /// # Safety
    ///
    /// Nobody else completes the request, nor does more with it than to read [`Self::command`]
    /// until [`Self::done`] has had the ring's lock. What has issued it has returned that it is
    /// pending, or will. `complete` completes it, and may be called in that task.
    #[inline(never)]
    pub(crate) unsafe fn complete_in_task(
        self,
        complete: unsafe extern "C" fn(*mut bindings::io_uring_cmd, c_uint),
    ) {
        // SAFETY: The caller alone completes the request, so it is there until `complete` is done
        // with it. io_uring is told, or will be, that it is pending.
        unsafe { helpers::devscope_uring_complete_in_task(self.0.as_ptr(), Some(complete)) };
    }
}
