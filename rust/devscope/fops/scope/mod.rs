// SPDX-License-Identifier: GPL-2.0
// UNSAFE: asks C which kind of program the caller is.

//! The scope of a file operation, which proves that the device is bound and gives access to it.
//!
//! A driver cannot create or store a [`Scope`]: it borrows from the shim's stack. The shim leaves
//! the gate after the driver's method, even if the method has leaked the scope.
//!
//! Operations without a time limit run outside of the gate: [waits](self#waiting) and page faults
//! on user memory. Such a method *consumes* the scope, and returns one if the device is still
//! there. So using a reference that was borrowed before it, and accessing the device after it has
//! failed, are compile errors.
//!
//! # Waiting
//!
//! [`Scope::wait_interruptible`], [`Scope::wait_killable`] and
//! [`Scope::wait_interruptible_timeout`] sleep until a condition holds. The condition is evaluated
//! inside. Unbind ends them with `ENODEV`. [`Scope::in_turn`] waits for a turn at work that only
//! one caller may do at a time.
//!
//! # User memory
//!
//! [`Scope::copy_out`] and [`Scope::copy_in`] are for reads and writes; [`Scope::read_user`],
//! [`Scope::write_user`] and their slice forms are for ioctls.
//!
//! # Revoking
//!
//! [`Scope::revoke`] revokes the file itself, [`Scope::revoke_others`] all other files of the
//! device. Each has a form in two steps.

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

/// The scope of an operation on an open file: the device is bound while it exists.
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
    /// Returns the device. With it, a [`Devres`](crate::revocable::devres::Devres) of this device
    /// is accessed without a lock. The `Devres` of the kernel crate compares only the device: with
    /// it, this binding could access a resource that an earlier binding has left.
    #[inline]
    pub fn device(&self) -> &Device<Bound> {
        self.section.device_data(self).device()
    }

    /// Returns the data of the device. There is no check: the data is valid while the scope exists.
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

    /// Returns the data of the open file.
    #[inline]
    pub fn file(&self) -> &T {
        self.section.open().data()
    }

    /// Returns whether the caller is non-blocking: `O_NONBLOCK` or `IOCB_NOWAIT`.
    #[inline]
    pub fn is_nonblocking(&self) -> bool {
        self.section.is_nonblocking()
    }

    /// Returns the owner of state that the operation leaves in the device: the open file, or nobody
    /// in `connect` and at unplug.
    pub fn owner(&self) -> Owner<'_> {
        let file = self.section.owner();
        Owner(file.map_or(null(), core::ptr::from_ref).cast(), PhantomData)
    }

    /// Returns whether the caller is a 32-bit program whose `long` and `time_t` have 32 bits, for
    /// structures that `read()` and `write()` transfer.
    #[inline]
    pub fn has_32bit_time(&self) -> bool {
        // SAFETY: Reads the current task, no preconditions.
        unsafe { crate::ffi::helpers::devscope_has_32bit_time() }
    }

    pub(crate) fn open_file(&self) -> &OpenFile<T> {
        self.section.open()
    }

    /// Continues in `f`, which is a slow path and not inlined.
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

    /// Returns a part of the device's data.
    pub(crate) fn part<I>(
        &self,
        part: impl for<'d, 'b> FnOnce(&'d <T::Device as ForLt>::Of<'b>) -> &'d I,
    ) -> &I {
        self.section.device_data(self).part(part)
    }

    /// Runs `f` outside of the gate, also if the device is gone after that.
    pub(crate) fn outside<R>(self, f: impl FnOnce() -> R) -> (Result<Self, ScopeError<Self>>, R) {
        let outside = self.leave();
        let result = f();
        (outside.reenter(), result)
    }

    /// Leaves the gate, for an operation without a time limit.
    fn leave(self) -> Outside<'a, T> {
        self.section.leave();
        Outside(self.section)
    }
}

impl<T: FileOperations> MaySleep for Scope<'_, T> {}
impl<T: FileOperations> Sealed for Scope<'_, T> {}

/// Identifies an open file, for code that compares owners, such as C code that identifies them by
/// `struct file *`. `disconnect` at the last `close()` or at a revoke of the file has the same
/// owner. No other open file has it until then.
#[derive(Clone, Copy)]
pub struct Owner<'a>(*const kernel::bindings::file, PhantomData<&'a ()>);

impl Owner<'static> {
    /// No owner.
    pub const NOBODY: Self = Self(null(), PhantomData);
}

impl Owner<'_> {
    /// Returns whether there is no owner.
    pub fn is_nobody(&self) -> bool {
        self.0.is_null()
    }

    /// Returns a pointer for C functions that compare owners. It does not point to a `struct file`.
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
