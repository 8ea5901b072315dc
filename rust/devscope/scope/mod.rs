// SPDX-License-Identifier: GPL-2.0

//! Scopes: the times in which a device is bound.
//!
//! A scope is the proof of that, and what reaches the device. Here is the [scope of a
//! callback](CallbackScope) that the kernel can wait for; that of a file operation is
//! [`Scope`](crate::fops::Scope). Code that no scope covers, but that may sleep, has [`unscoped`].

mod error;
mod may_sleep;

pub use error::ScopeError;
pub(crate) use may_sleep::{sealed, UNSCOPED};
pub use may_sleep::{unscoped, MaySleep, Unscoped};

use crate::{
    binding::DeviceData,
    gate::protocol,
    wait::{Mode, Sleeper, TimedSleep, WaitQueue, FOR_EVER}, //
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

/// The context of interrupt handlers, timers and all else that may not sleep.
pub enum AtomicContext {}

/// The context of a task: it may sleep.
pub enum ProcessContext {}

/// The scope of a callback that may not sleep.
pub type AtomicScope<'a, F> = CallbackScope<'a, F, AtomicContext>;

/// The scope of a callback that may sleep.
pub type ProcessScope<'a, F> = CallbackScope<'a, F, ProcessContext>;

/// A time in which the device is bound: a callback of something that ends before unbind does.
///
/// It cannot be stored: a callback gets it for its own time, and only as a reference. `F` is the
/// data that the driver [shares](crate::binding::Binding::share), `C` the context.
pub struct CallbackScope<'a, F: ForLt + 'static, C> {
    data: &'a DeviceData<F>,
    _context: PhantomData<C>,
    _not_send: NotThreadSafe,
}

impl<'a, F: ForLt + 'static, C> CallbackScope<'a, F, C> {
    /// For a callback in context `C`.
    #[inline(always)]
    pub(crate) fn new(data: &'a DeviceData<F>) -> Self {
        Self {
            data,
            _context: PhantomData,
            _not_send: NotThreadSafe,
        }
    }

    /// The device: the cookie that reaches a [`Devres`](crate::revocable::devres::Devres) of that
    /// device with no lock. For the kernel crate's, see
    /// [`Scope::device`](crate::fops::Scope::device).
    #[inline]
    pub fn device(&self) -> &Device<Bound> {
        self.data.device()
    }

    /// The data of the device. No check: it is there while the scope is.
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

    /// Whether unbind has begun. The device is bound, and its data there, until the callback
    /// returns.
    pub fn is_ending(&self) -> bool {
        self.data.ending().has_begun()
    }
}

impl<F: ForLt + 'static> ProcessScope<'_, F> {
    /// Sleeps until `condition` holds, or unbind begins. Whoever makes it hold wakes `queue`, which
    /// names it in the data.
    ///
    /// It may take for ever as long as the device is bound. So nothing that was borrowed from the
    /// scope lives across it: no guard of a lock in the data, and none of another provider's
    /// resource. In a callback on which others than the device's own threads wait, such as that of
    /// a notifier chain, use [`Self::wait_timeout`].
    ///
    /// # Errors
    ///
    /// `ENODEV`: unbind has begun. The scope is still good, and the callback is to return soon.
    pub fn wait(
        &mut self,
        queue: impl for<'d, 'b> FnOnce(&'d F::Of<'b>) -> &'d WaitQueue,
        mut condition: impl FnMut(&Self) -> bool,
    ) -> Result {
        let queue = self.data.part(queue);
        self.sleep(queue, || condition(self), FOR_EVER)
    }

    /// As [`Self::wait`], for at most `timeout` milliseconds, with whatever the caller holds.
    ///
    /// # Errors
    ///
    /// As there, and `ETIMEDOUT`.
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
        pin_init::stack_pin_init!(let sleeper = Sleeper::new(queue, Some(ending.queue())));
        let timed = TimedSleep::new(sleeper.as_ref(), Mode::Idle, timeout);
        let waited = protocol::wait(protocol::StaysInside, &timed, |stay| {
            if condition() {
                Ok(Ok(()))
            } else if ending.has_begun() {
                Ok(Err(ENODEV))
            } else if timed.is_over() {
                Ok(Err(ETIMEDOUT))
            } else {
                Err(stay)
            }
        });
        waited.unwrap_or(Err(ENODEV))
    }
}
