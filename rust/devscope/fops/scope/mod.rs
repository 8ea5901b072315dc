// SPDX-License-Identifier: GPL-2.0
// UNSAFE: asks C which kind of program the caller is.

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
//! [`Scope::copy_out`] and [`Scope::copy_in`] serve reads and writes; [`Scope::read_user`],
//! [`Scope::write_user`] and their slice forms serve ioctls.
//!
//! # Revoking
//!
//! [`Scope::revoke`] takes the file away from those who have it, [`Scope::revoke_others`] all other
//! files. Each has a form in two steps.

mod copy;
mod opening;
mod revoking;
mod section;
mod turn;
mod wait;

pub use opening::OpenScope;
pub use revoking::{Revoking, RevokingOthers};
pub(crate) use section::{Caller, Section};

use super::{FileOperations, OpenFile};
use crate::scope::{sealed::Sealed, MaySleep, ScopeError};
use core::{marker::PhantomData, ptr::null};
use kernel::{
    device::{Bound, Device},
    error::Result,
    types::{CovariantForLt, ForLt}, //
};

/// A time in which the device is bound, in an operation on an open file.
///
/// `T` is the type of the file's data.
///
/// # Invariants
///
/// `section` is inside the gate, or the closer's.
pub struct Scope<'a, T: FileOperations> {
    section: &'a mut Section<T>,
}

impl<'a, T: FileOperations> Scope<'a, T> {
    /// The device that the file belongs to: the cookie that reaches a
    /// [`Devres`](crate::revocable::devres::Devres) of that device with no lock. The kernel crate's
    /// compares the device alone: it gives what an earlier binding has left to this one.
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

    /// The owner of what the operation leaves with the device: the open file, or none, where it is
    /// being opened or the device unplugged.
    pub fn owner(&self) -> Owner<'_> {
        let file = self.section.owner();
        Owner(file.map_or(null(), core::ptr::from_ref).cast(), PhantomData)
    }

    /// Whether the caller is a 32-bit program whose `long` and `time_t` have 32 bits, for
    /// structures that `read()` and `write()` carry.
    #[inline]
    pub fn has_32bit_time(&self) -> bool {
        // SAFETY: Reads the current task, no preconditions.
        unsafe { crate::ffi::helpers::devscope_has_32bit_time() }
    }

    pub(crate) fn open_file(&self) -> &OpenFile<T> {
        self.section.open()
    }

    /// Has `f` go on, which is seldom needed and not inlined.
    #[inline(always)]
    fn elsewhere(
        self,
        f: impl for<'b> FnOnce(Scope<'b, T>) -> Result<Scope<'b, T>, ScopeError<Scope<'b, T>>>,
    ) -> Result<Self, ScopeError<Self>> {
        let section = self.section;
        // INVARIANT: As `self`.
        let ended = section.elsewhere(|section| match f(Scope { section }) {
            Ok(_) => Ok(()),
            Err(ScopeError::Short(_, error)) => Err(ScopeError::Short((), error)),
            Err(ScopeError::Gone) => Err(ScopeError::Gone),
        });
        // INVARIANT: As the scope that `f` has returned.
        match ended {
            Ok(()) => Ok(Scope { section }),
            Err(ScopeError::Short((), error)) => Err(ScopeError::Short(Scope { section }, error)),
            Err(ScopeError::Gone) => Err(ScopeError::Gone),
        }
    }

    /// A part of the device's data.
    pub(crate) fn part<I>(
        &self,
        part: impl for<'d, 'b> FnOnce(&'d <T::Device as ForLt>::Of<'b>) -> &'d I,
    ) -> &I {
        self.section.device_data(self).part(part)
    }

    /// Does `f` outside of the gate. It is done also where the scope does not come back.
    pub(crate) fn outside<R>(self, f: impl FnOnce() -> R) -> (Result<Self, ScopeError<Self>>, R) {
        let outside = self.leave();
        let result = f();
        (outside.reenter(), result)
    }

    /// Leaves the gate, to do what may take for ever.
    fn leave(self) -> Outside<'a, T> {
        self.section.leave();
        Outside(self.section)
    }
}

impl<T: FileOperations> MaySleep for Scope<'_, T> {}
impl<T: FileOperations> Sealed for Scope<'_, T> {}

/// A name for an open file, for code that compares owners, such as C code that knows them by
/// `struct file *`. The last `close()`, and a caller that revokes the file, disconnect it by the
/// same name; and until then, nobody else has it.
#[derive(Clone, Copy)]
pub struct Owner<'a>(*const kernel::bindings::file, PhantomData<&'a ()>);

impl Owner<'static> {
    /// Nobody.
    pub const NOBODY: Self = Self(null(), PhantomData);
}

impl Owner<'_> {
    /// Whether it is nobody.
    pub fn is_nobody(&self) -> bool {
        self.0.is_null()
    }

    /// For C functions that compare owners. It points to no `struct file`.
    pub fn as_raw(&self) -> *mut kernel::bindings::file {
        self.0.cast_mut()
    }
}

/// An operation that has left the gate.
pub(crate) struct Outside<'a, T: FileOperations>(&'a mut Section<T>);

impl<'a, T: FileOperations> Outside<'a, T> {
    /// Comes back in, where the device is still there.
    fn reenter(self) -> Result<Scope<'a, T>, ScopeError<Scope<'a, T>>> {
        if self.0.reenter() {
            // INVARIANT: Just entered.
            Ok(Scope { section: self.0 })
        } else {
            Err(ScopeError::Gone)
        }
    }
}
