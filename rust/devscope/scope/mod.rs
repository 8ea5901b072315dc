// SPDX-License-Identifier: GPL-2.0

//! The scopes of callbacks, which prove that a device is bound.
//!
//! A scope proves that the device is bound, and gives access to it. Callbacks have a
//! [`CallbackScope`], file operations have a [`Scope`](crate::fops::Scope). Code without a scope
//! that may sleep uses [`unscoped`].

mod error;
mod may_sleep;

pub use error::ScopeError;
pub(crate) use may_sleep::{sealed, UNSCOPED};
pub use may_sleep::{unscoped, MaySleep, Unscoped};

use crate::{
    binding::DeviceData,
    gate::protocol,
    wait::{Mode, Sleeper, WaitQueue, FOR_EVER}, //
};
use core::marker::PhantomData;
use kernel::{
    device::{Bound, Device},
    error::code::*,
    ffi::c_long,
    prelude::*,
    time::{msecs_to_jiffies, Msecs},
    types::{CovariantForLt, ForLt, NotThreadSafe}, //
};

/// The context of interrupt handlers, timers and other code that may not sleep.
pub enum AtomicContext {}

/// The context of a task: it may sleep.
pub enum ProcessContext {}

/// The scope of a callback that may not sleep.
pub type AtomicScope<'a, F> = CallbackScope<'a, F, AtomicContext>;

/// The scope of a callback that may sleep.
pub type ProcessScope<'a, F> = CallbackScope<'a, F, ProcessContext>;

/// The scope of a callback: the device is bound while it exists.
///
/// It cannot be stored: a callback gets it by reference, for the time of the call. `F` is the data
/// that the driver [shares](crate::binding::Binding::share), `C` is the context.
pub struct CallbackScope<'a, F: ForLt + 'static, C> {
    data: &'a DeviceData<F>,
    _context: PhantomData<C>,
    _not_send: NotThreadSafe,
}

impl<'a, F: ForLt + 'static, C> CallbackScope<'a, F, C> {
    /// Creates the scope of a callback in context `C`.
    #[inline(always)]
    pub(crate) fn new(data: &'a DeviceData<F>) -> Self {
        Self {
            data,
            _context: PhantomData,
            _not_send: NotThreadSafe,
        }
    }

    /// Returns the device. With it, a [`Devres`](crate::revocable::devres::Devres) of this device
    /// is accessed without a lock. For the `Devres` of the kernel crate, see
    /// [`Scope::device`](crate::fops::Scope::device).
    #[inline]
    pub fn device(&self) -> &Device<Bound> {
        self.data.device()
    }

    /// Returns the data of the device. There is no check: the data is valid while the scope exists.
    #[inline]
    pub fn data(&self) -> &F::Of<'_>
    where
        F: CovariantForLt,
    {
        self.data.data()
    }

    /// As [`Self::data`], for a type that is not covariant in its lifetime, such as one with a
    /// lock around a borrowed resource.
    #[inline]
    pub fn with_data<R>(&self, f: impl for<'d, 'b> FnOnce(&'d F::Of<'b>) -> R) -> R {
        self.data.with_data(f)
    }

    /// Returns whether unbind has begun. The device stays bound, and its data valid, until the
    /// callback returns.
    pub fn is_ending(&self) -> bool {
        self.data.ending().has_begun()
    }
}

impl<F: ForLt + 'static> ProcessScope<'_, F> {
    /// Sleeps until `condition` holds or unbind begins. `queue` returns a wait queue in the data.
    /// Code that makes the condition true wakes this queue.
    ///
    /// The wait has no time limit while the device is bound. So no borrow from the scope lives
    /// across it: no guard of a lock in the data, and no guard of a resource of another driver. In
    /// a callback that others wait for, such as a notifier, use [`Self::wait_timeout`].
    ///
    /// # Errors
    ///
    /// `ENODEV`: unbind has begun. The scope is still valid, and the callback should return soon.
    pub fn wait(
        &mut self,
        queue: impl for<'d, 'b> FnOnce(&'d F::Of<'b>) -> &'d WaitQueue,
        mut condition: impl FnMut(&Self) -> bool,
    ) -> Result {
        let queue = self.data.part(queue);
        self.sleep(queue, || condition(self), FOR_EVER)
    }

    /// As [`Self::wait`], for at most `timeout` milliseconds. The caller may hold borrows from the
    /// scope.
    ///
    /// # Errors
    ///
    /// As for [`Self::wait`], and `ETIMEDOUT`.
    pub fn wait_timeout(
        &self,
        queue: &WaitQueue,
        condition: impl FnMut() -> bool,
        timeout: Msecs,
    ) -> Result {
        let jiffies = c_long::try_from(msecs_to_jiffies(timeout)).unwrap_or(c_long::MAX);
        self.sleep(queue, condition, jiffies)
    }

    fn sleep(
        &self,
        queue: &WaitQueue,
        mut condition: impl FnMut() -> bool,
        timeout: c_long,
    ) -> Result {
        let ending = self.data.ending();
        let sleeper = Sleeper::new(queue, Some(ending.queue()), Mode::Idle, timeout);
        pin_init::stack_pin_init!(let sleeper = sleeper);
        let waited = protocol::wait(protocol::StaysInside, &sleeper.as_ref(), |stay| {
            if condition() {
                Ok(Ok(()))
            } else if ending.has_begun() {
                Ok(Err(ENODEV))
            } else if sleeper.is_over() {
                Ok(Err(ETIMEDOUT))
            } else {
                Err(stay)
            }
        });
        waited.unwrap_or(Err(ENODEV))
    }
}
