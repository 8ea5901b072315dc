// SPDX-License-Identifier: GPL-2.0
// UNSAFE: a command as an item of a list, and as what its request points to.

//! Kept commands, and the driver's handle to them.

use super::{number, request::Request};
use crate::{
    ffi::helpers,
    gate::protocol::{Claim, End},
    lock::SpinLockIrqExt,
    scope::UNSCOPED, //
};
use kernel::{
    bindings,
    list::{impl_list_arc_safe, impl_list_item, List, ListArc, ListLinks},
    prelude::*,
    sync::{Arc, SpinLockIrq}, //
};

/// A command that the driver keeps.
///
/// The list of its file has a reference until the command has ended, its request has one until it
/// is completed, and its driver has one for as long as it needs.
#[pin_data]
pub(super) struct Command {
    claim: Claim,
    request: Request,
    commands: Arc<Commands>,
    #[pin]
    links: ListLinks,
}

impl_list_arc_safe! {
    impl ListArcSafe<0> for Command { untracked; }
}

impl_list_item! {
    impl ListItem<0> for Command { using ListLinks { self.links }; }
}

/// The commands of an open file that have not ended.
#[pin_data]
pub(in crate::fops) struct Commands {
    #[pin]
    list: SpinLockIrq<List<Command>>,
}

impl Commands {
    /// Creates an empty list. Errors: `ENOMEM`.
    pub(in crate::fops) fn new() -> Result<Arc<Self>> {
        let (name, key) = crate::lock_class!(c"devscope_commands");
        let list = SpinLockIrq::new(List::new(), name, key);
        Arc::pin_init(pin_init!(Self { list <- list }), GFP_KERNEL)
    }

    /// Ends all commands with `ENODEV`. No caller is inside that could add one. Interrupts are
    /// disabled for one command at a time.
    pub(in crate::fops) fn end_all(&self) {
        loop {
            let command = self.list.lock_irq(&UNSCOPED).pop_front();
            match command {
                Some(command) => command.end(ENODEV.to_errno()),
                None => break,
            };
        }
    }

    fn remove(&self, command: &Command) {
        // SAFETY: A command is never on another list than that of its file.
        let command = unsafe { self.list.lock().remove(command) };
        // Not under the lock.
        drop(command);
    }
}

impl Command {
    /// Creates a command of the file that has `commands`. The caller is inside. Errors: `ENOMEM`.
    pub(super) fn new(request: Request, commands: &Arc<Commands>) -> Result<Arc<Self>> {
        let command: ListArc<Self> = ListArc::pin_init(
            try_pin_init!(Self {
                claim: Claim::new(),
                request,
                commands: commands.clone(),
                links <- ListLinks::new(),
            }? Error),
            GFP_KERNEL,
        )?;
        let shared = command.clone_arc();
        commands.list.lock_irq(&UNSCOPED).push_back(command);
        Ok(shared)
    }

    /// Ends the command and completes its request. Returns whether it had not ended before. In any
    /// context but NMI; on a PREEMPT_RT kernel, not in hard interrupt context.
    fn end(&self, result: i32) -> bool {
        let end = self.claim.end(result);
        if end == End::Late {
            return false;
        }
        self.commands.remove(self);
        if end == End::Complete {
            // SAFETY: This has ended the command, after the issuer was done with the request.
            unsafe { self.request.complete_in_task(complete) };
        }
        true
    }

    /// For the issuer, if the method has kept the command and then returned a result: no code
    /// completes it.
    pub(super) fn withdraw(&self) {
        self.claim.end(0);
        self.commands.remove(self);
    }

    /// For the issuer: leaves the completion to the code that ends the command, or completes its
    /// request if it has ended. May wait for the lock of the ring.
    pub(super) fn hand_over(self: Arc<Self>, issue_flags: u32) {
        let request = self.request;
        // SAFETY: The issuer has the request. `complete` takes the pointer back.
        unsafe {
            let command = Arc::into_raw(self.clone()).cast_mut().cast();
            helpers::devscope_uring_set_command(request.as_raw(), command);
        }
        if self.claim.result().is_none() {
            // Waits for the lock of the ring, unless it is held according to the flags.
            // SAFETY: The issuer has the request, which is being issued with these flags, and it
            // has its command.
            unsafe { helpers::devscope_uring_mark_cancelable(request.as_raw(), issue_flags) };
        }
        if !self.claim.settle() {
            // SAFETY: The command has ended, and the issuer has to complete it.
            unsafe { Self::complete(request, issue_flags) };
        }
    }

    /// Ends the command because its ring is closed or its task exits.
    ///
    /// # Safety
    ///
    /// io_uring cancels the command: `request` is cancelable, and the lock of the ring is held.
    pub(super) unsafe fn cancel(request: Request, issue_flags: u32) {
        // SAFETY: It was set before the request was made cancelable, and the code that completes
        // the request takes the lock before it drops the command.
        let command = unsafe { &*request.command().cast::<Self>() };
        let end = command.claim.end(ECANCELED.to_errno());
        if end != End::Late {
            command.commands.remove(command);
        }
        if end == End::Complete {
            // SAFETY: This has ended the command, after the issuer was done with the request.
            unsafe { Self::complete(request, issue_flags) };
        }
    }

    /// Completes the request of a command that has ended.
    ///
    /// # Safety
    ///
    /// No other code completes or uses the request; but [`Self::cancel`] may read its command until
    /// this has had the lock of the ring. `issue_flags` are those that io_uring has passed.
    unsafe fn complete(request: Request, issue_flags: u32) {
        // SAFETY: `hand_over` has stored the pointer, by `Arc::into_raw()`. The caller alone
        // completes the request, so this reference is taken once, while `cancel` may read it.
        let command = unsafe { Arc::from_raw(request.command().cast::<Self>()) };
        let result = command.claim.result().unwrap_or(EIO.to_errno());
        // SAFETY: The caller alone completes the request. Only `cancel` may still use it, and it
        // holds the lock of the ring. The flags are those that io_uring has passed.
        unsafe { helpers::devscope_uring_done(request.as_raw(), result, issue_flags) };
        // Not earlier: `cancel` may use the command until this has had the lock of the ring.
        drop(command);
    }
}

/// # Safety
///
/// As for [`Command::complete`].
unsafe extern "C" fn complete(cmd: *mut bindings::io_uring_cmd, issue_flags: c_uint) {
    // SAFETY: `complete_in_task` passes the request, which is not null, and the flags. `end` has
    // called that function: so this alone completes the request, which only `cancel` may still use.
    unsafe { Command::complete(Request::from_raw(cmd), issue_flags) };
}

/// A command that is pending, for its driver to end.
///
/// Completing the command consumes this value, so it cannot be completed twice. A drop completes it
/// with `ECANCELED`. The command may have ended before: with `ENODEV` when the device was unplugged
/// or the file revoked, with `ECANCELED` when its ring was closed or its task exited. The value may
/// be kept for any time, also past the end of the binding, or leaked: this does not delay the end
/// of the command.
#[must_use = "a command that is dropped is cancelled"]
pub struct PendingCmd(Arc<Command>);

impl PendingCmd {
    pub(super) fn new(command: Arc<Command>) -> Self {
        Self(command)
    }

    /// Completes the command, with a number for the program or an error. Returns whether this call
    /// has ended it: `false` if it had ended before.
    ///
    /// In any context but NMI; on a PREEMPT_RT kernel, not in hard interrupt context. The task that
    /// has issued the command is woken and posts the completion before it returns to user space.
    pub fn complete(self, result: Result<u32>) -> bool {
        self.0.end(number(result))
    }

    /// Returns whether the command has ended already, for a driver with a list of pending work.
    pub fn is_over(&self) -> bool {
        self.0.claim.result().is_some()
    }
}

impl Drop for PendingCmd {
    fn drop(&mut self) {
        self.0.end(ECANCELED.to_errno());
    }
}
