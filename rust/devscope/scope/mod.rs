// SPDX-License-Identifier: GPL-2.0

//! The scope of a file operation: what a driver reaches while its device is bound.
//!
//! A [`Scope`] is the proof that the device stays bound. It cannot be made, stored or forgotten by
//! a driver: it borrows from the shim's stack, and the shim leaves the gate after the driver's
//! method, whatever became of the scope.
//!
//! What may take for ever happens outside of the gate: [waits](self#waiting) and copies whose user
//! page is not there. Such a method *consumes* the scope and gives one back if the device is still
//! there. So no reference that was borrowed from the scope lives across it, and nothing can be
//! reached after it failed; both are compile errors.
//!
//! # Waiting
//!
//! [`Scope::wait_interruptible`], [`Scope::wait_killable`] and
//! [`Scope::wait_interruptible_timeout`] sleep until a condition holds. The condition is evaluated
//! inside. `unbind` ends them with `ENODEV`. [`Scope::in_turn`] waits for its turn at work that one
//! caller does at a time.
//!
//! # User memory
//!
//! [`Scope::copy_out`] and [`Scope::copy_in`] serve `read_iter` and `write_iter`;
//! [`Scope::read_user`], [`Scope::write_user`] and their slice forms serve ioctls.

mod callback;
mod copy;
mod cut;
mod may_sleep;
mod nap;
mod section;
mod turn;
mod wait;

pub use callback::{Atomic, AtomicScope, CallbackScope, Process, ProcessScope};
pub(crate) use copy::Transfer;
pub use cut::Cut;
pub use may_sleep::{MaySleep, Unscoped};
pub(crate) use section::{Caller, Section};
pub use turn::Turns;

use crate::fops::SyncFile;
use kernel::{
    device::{Bound, Device},
    types::{CovariantForLt, ForLt}, //
};

/// A time in which the device is bound, in an operation on an open file.
///
/// `T` is the type of the file's data.
///
/// # Invariants
///
/// `section` is inside the gate, or the closer's.
pub struct Scope<'a, T: SyncFile> {
    section: &'a mut Section<T>,
}

impl<'a, T: SyncFile> Scope<'a, T> {
    /// The device that the file belongs to: the cookie that reaches a
    /// [`Devres`](kernel::devres::Devres) of that device with no lock and no flag.
    #[inline]
    pub fn device(&self) -> &Device<Bound> {
        self.section.device_data(self).device()
    }

    /// The data of the device. No check: it is there while the scope is.
    #[inline]
    pub fn data(&self) -> &<T::Device as ForLt>::Of<'_>
    where
        T::Device: CovariantForLt,
    {
        self.section.device_data(self).data()
    }

    /// As [`Self::data`], for a type that is not covariant in its lifetime, such as one with a
    /// lock around a borrowed resource.
    #[inline]
    pub fn with_data<R>(
        &self,
        f: impl for<'d, 'b> FnOnce(&'d <T::Device as ForLt>::Of<'b>) -> R,
    ) -> R {
        self.section.device_data(self).with_data(f)
    }

    /// The data of the open file.
    #[inline]
    pub fn file(&self) -> &T {
        self.section.open().data()
    }

    /// Whether the caller asked not to be kept waiting: `O_NONBLOCK`, or `IOCB_NOWAIT`.
    #[inline]
    pub fn is_nonblocking(&self) -> bool {
        self.section.is_nonblocking()
    }

    /// Leaves the gate, to do what may take for ever.
    fn leave(self) -> Outside<'a, T> {
        self.section.leave();
        Outside(self.section)
    }
}

/// An operation that has left the gate.
pub(crate) struct Outside<'a, T: SyncFile>(&'a mut Section<T>);

impl<'a, T: SyncFile> Outside<'a, T> {
    /// Comes back in, where the device is still there.
    fn reenter(self) -> Result<Scope<'a, T>, Cut<Scope<'a, T>>> {
        if self.0.reenter() {
            // INVARIANT: Just entered.
            Ok(Scope { section: self.0 })
        } else {
            Err(Cut::Gone)
        }
    }
}
