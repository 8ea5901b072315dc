// SPDX-License-Identifier: GPL-2.0

//! Waits: leave the gate, sleep, enter again.

use super::{Outside, Scope, ScopeError};
use crate::{
    fops::FileOperations,
    gate::protocol,
    wait::{Mode, Sleeper, WaitQueue, FOR_EVER}, //
};
use kernel::{
    error::code::*,
    ffi::c_long,
    time::{msecs_to_jiffies, Msecs}, //
};

impl<'a, T: FileOperations> Scope<'a, T> {
    /// Sleeps until `condition` holds.
    ///
    /// `queue` returns the [`WaitQueue`] that is woken when the condition may have become true. The
    /// queue is reached through the data of the file, which outlives the binding. `condition` is
    /// evaluated inside the gate and may sleep for bounded time (a mutex).
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device is gone; there is no scope any more.
    /// - `ERESTARTSYS`: a signal is pending.
    /// - `EAGAIN`: the condition does not hold and the caller is
    ///   [non-blocking](Self::is_nonblocking).
    ///
    /// # Examples
    ///
    /// ```
    /// # fn f(scope: Scope<'_, EduFile>) -> Result {
    /// let scope = scope.wait_interruptible(|f| &f.queue, |s| s.data().has_result())?;
    /// let result = scope.data().bar.read(regs::RESULT);
    /// # Ok(()) }
    /// ```
    #[inline]
    pub fn wait_interruptible(
        self,
        queue: impl for<'f> FnOnce(&'f T) -> &'f WaitQueue,
        condition: impl FnMut(&Scope<'_, T>) -> bool,
    ) -> Result<Self, ScopeError<Self>> {
        self.wait(queue, condition, Mode::Interruptible, FOR_EVER)
    }

    /// As [`Self::wait_interruptible`], for at most `timeout` milliseconds.
    ///
    /// A call that is restarted after a signal waits for the whole time again. If this matters,
    /// return `EINTR` instead of `ERESTARTSYS`.
    ///
    /// # Errors
    ///
    /// As for [`Self::wait_interruptible`], and `ETIMEDOUT`.
    #[inline]
    pub fn wait_interruptible_timeout(
        self,
        queue: impl for<'f> FnOnce(&'f T) -> &'f WaitQueue,
        condition: impl FnMut(&Scope<'_, T>) -> bool,
        timeout: Msecs,
    ) -> Result<Self, ScopeError<Self>> {
        let jiffies = c_long::try_from(msecs_to_jiffies(timeout)).unwrap_or(c_long::MAX);
        self.wait(queue, condition, Mode::Interruptible, jiffies)
    }

    /// As [`Self::wait_interruptible`], but only a fatal signal ends it, and a non-blocking caller
    /// waits, too: for the end of an operation that was started for this caller. Suspend freezes
    /// the caller while it sleeps.
    ///
    /// # Errors
    ///
    /// - `ENODEV`: the device is gone; there is no scope any more.
    /// - `ERESTARTSYS`: a fatal signal is pending.
    #[inline]
    pub fn wait_killable(
        self,
        queue: impl for<'f> FnOnce(&'f T) -> &'f WaitQueue,
        condition: impl FnMut(&Scope<'_, T>) -> bool,
    ) -> Result<Self, ScopeError<Self>> {
        self.wait(queue, condition, Mode::Killable, FOR_EVER)
    }

    #[inline]
    pub(super) fn wait(
        self,
        queue: impl for<'f> FnOnce(&'f T) -> &'f WaitQueue,
        mut condition: impl FnMut(&Scope<'_, T>) -> bool,
        mode: Mode,
        timeout: c_long,
    ) -> Result<Self, ScopeError<Self>> {
        if condition(&self) {
            return Ok(self);
        }
        if mode == Mode::Interruptible && self.is_nonblocking() {
            return Err(ScopeError::Short(self, EAGAIN));
        }
        self.elsewhere(move |scope| scope.sleep(queue, condition, mode, timeout))
    }

    /// The slow path. The file's pass is a part of the condition, and the closer wakes one of the
    /// queues, so the closer's wake-up is not lost.
    #[cold]
    #[inline(never)]
    fn sleep(
        self,
        queue: impl for<'f> FnOnce(&'f T) -> &'f WaitQueue,
        mut condition: impl FnMut(&Scope<'_, T>) -> bool,
        mode: Mode,
        timeout: c_long,
    ) -> Result<Self, ScopeError<Self>> {
        let open = self.section.open();
        let queue = queue(open.data());
        let closing = (!open.wakes_sleepers_on(queue)).then(|| open.closing());
        pin_init::stack_pin_init!(let sleeper = Sleeper::new(queue, closing, mode, timeout));
        let waited = protocol::wait(self, &sleeper.as_ref(), |scope: Self| {
            if condition(&scope) {
                Ok(Ok(scope))
            } else if mode.signalled() {
                Ok(Err(ScopeError::Short(scope, ERESTARTSYS)))
            } else if sleeper.is_over() {
                Ok(Err(ScopeError::Short(scope, ETIMEDOUT)))
            } else {
                Err(scope)
            }
        });
        waited.unwrap_or(Err(ScopeError::Gone))
    }
}

impl<'a, T: FileOperations> protocol::Leave for Scope<'a, T> {
    type Outside = Outside<'a, T>;

    fn leave(self) -> Outside<'a, T> {
        Scope::leave(self)
    }

    fn reenter(outside: Outside<'a, T>) -> Option<Self> {
        outside.reenter().ok()
    }
}
