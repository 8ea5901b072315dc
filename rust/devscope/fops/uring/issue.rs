// SPDX-License-Identifier: GPL-2.0
// UNSAFE: a request of io_uring's, for one call.

//! Issuing a command.

use super::{
    command::{Command, PendingCmd},
    number,
    request::{Request, MAX_PAYLOAD}, //
};
use crate::{
    ffi::helpers,
    fops::{FileOperations, Scope}, //
};
use core::marker::PhantomData;
use kernel::{bindings, prelude::*, sync::Arc};

/// One call of the driver's method.
///
/// # Invariants
///
/// This call owns the request until [`Self::settle`].
pub(in crate::fops) struct Issue {
    request: Request,
    issue_flags: u32,
    /// Set when the command is kept.
    command: Option<Arc<Command>>,
}

/// The result of the driver's method.
pub(in crate::fops) enum Outcome {
    /// The command has ended.
    Done(u32),
    /// The command is kept.
    Kept,
}

impl Issue {
    /// Begins to issue a command. Returns `None` if the call was a cancellation, which is then
    /// done.
    ///
    /// # Safety
    ///
    /// The arguments are those of the file operation, which returns the result of [`Self::settle`].
    pub(in crate::fops) unsafe fn begin(
        cmd: *mut bindings::io_uring_cmd,
        issue_flags: u32,
    ) -> Option<Self> {
        // SAFETY: io_uring passes a request, which is not null.
        let request = unsafe { Request::from_raw(cmd) };
        // SAFETY: No preconditions.
        if unsafe { helpers::devscope_uring_cancels(issue_flags) } {
            // SAFETY: io_uring cancels a command that was marked cancelable, with the lock of the
            // ring held.
            unsafe { Command::cancel(request, issue_flags) };
            return None;
        }
        // INVARIANT: io_uring is issuing the request, which this call owns until it returns the
        // result of `settle`.
        Some(Self {
            request,
            issue_flags,
            command: None,
        })
    }

    pub(in crate::fops) fn file(&self) -> *mut bindings::file {
        // SAFETY: By the type invariant.
        unsafe { helpers::devscope_uring_file(self.request.as_raw()) }
    }

    /// Returns whether the ring waits meanwhile, with its lock held: the command may not wait.
    pub(in crate::fops) fn is_inline(&self) -> bool {
        // SAFETY: No preconditions.
        unsafe { helpers::devscope_uring_nonblocking(self.issue_flags) }
    }

    /// Returns whether the command needs features without support: registered buffers, several
    /// completions.
    pub(in crate::fops) fn wants_more(&self) -> bool {
        // SAFETY: By the type invariant.
        unsafe { helpers::devscope_uring_wants_more(self.request.as_raw()) }
    }

    /// Ends the call, outside of the gate. Returns the result of the file operation. May wait for
    /// the lock of the ring.
    pub(in crate::fops) fn settle(self, outcome: Result<Outcome>) -> c_int {
        let value = match (outcome, self.command) {
            (Ok(Outcome::Kept), Some(command)) => {
                command.hand_over(self.issue_flags);
                return EIOCBQUEUED.to_errno();
            }
            (outcome, command) => {
                // The driver may still have the command, which has ended.
                command.inspect(|command| command.withdraw());
                outcome
            }
        };
        number(value.and_then(|outcome| match outcome {
            Outcome::Done(value) => Ok(value),
            Outcome::Kept => Err(EIO),
        }))
    }
}

/// A command that a program has submitted.
///
/// # Examples
///
/// ```
/// # use card::{Card, MY_NEXT_EVENT};
/// # struct MyFile;
/// # #[vtable]
/// # impl FileOperations for MyFile {
/// #     type Device = CovariantForLt!(Card<'_>);
/// #     fn open(_: &OpenScope<'_, Self>, _: &File) -> impl PinInit<Self, Error> { Ok(Self) }
/// fn uring_cmd<'c>(scope: Scope<'_, Self>, cmd: UringCmd<'c>) -> Result<Issued<'c>> {
///     match cmd.op() {
///         MY_NEXT_EVENT => {
///             let (pending, issued) = cmd.keep(&scope)?;
///             scope.data().waiting.lock().push(pending, GFP_KERNEL)?;
///             Ok(issued)
///         }
///         _ => Err(EOPNOTSUPP),
///     }
/// }
/// # }
/// ```
pub struct UringCmd<'c>(&'c mut Issue);

/// The proof that a command was completed or kept.
pub struct Issued<'c>(Outcome, PhantomData<&'c mut Issue>);

impl<'c> UringCmd<'c> {
    pub(in crate::fops) fn new(issue: &'c mut Issue) -> Self {
        Self(issue)
    }

    /// Returns the command number, `cmd_op`.
    pub fn op(&self) -> u32 {
        // SAFETY: By the invariant of `Issue`.
        unsafe { helpers::devscope_uring_op(self.0.request.as_raw()) }
    }

    /// Returns the payload of the command: 16 bytes, or 80 if the ring or the request
    /// (`IORING_OP_URING_CMD128`) has long entries. The program may change them meanwhile, so they
    /// are read once.
    ///
    /// # Errors
    ///
    /// `EINVAL`: the payload of the command is smaller than `V`.
    pub fn payload<V: FromBytes + IntoBytes>(&self) -> Result<V> {
        const { assert!(size_of::<V>() <= MAX_PAYLOAD) };
        let mut value = V::new_zeroed();
        let bytes = value.as_mut_bytes();
        // SAFETY: By the invariant of `Issue`.
        let payload = unsafe { self.0.request.payload(self.0.issue_flags) };
        if bytes.len() > payload.len() {
            return Err(EINVAL);
        }
        for (to, from) in bytes.iter_mut().zip(payload.iter()) {
            *to = from;
        }
        Ok(value)
    }

    /// Keeps the command, for the driver to complete later. The method returns the [`Issued`]. If
    /// it returns another result, the command ends with that.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub fn keep<T: FileOperations>(self, scope: &Scope<'_, T>) -> Result<(PendingCmd, Issued<'c>)> {
        let commands = scope.open_file().commands().ok_or(EINVAL)?;
        let command = Command::new(self.0.request, commands)?;
        self.0.command = Some(command.clone());
        Ok((PendingCmd::new(command), Issued(Outcome::Kept, PhantomData)))
    }
}

impl Issued<'_> {
    /// Completes the command successfully, with a number for the program.
    pub fn done(value: u32) -> Self {
        Self(Outcome::Done(value), PhantomData)
    }

    pub(in crate::fops) fn outcome(self) -> Outcome {
        self.0
    }
}
