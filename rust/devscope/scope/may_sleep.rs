// SPDX-License-Identifier: GPL-2.0

//! Who may sleep.

use super::{ProcessScope, Scope};
use crate::fops::{OpenScope, SyncFile};
use kernel::types::ForLt;

/// A context in which the caller may sleep for bounded time: a scope of process context, or
/// [`Unscoped`].
///
/// What is borrowed from it, such as the guard of a
/// [`Revocable`](crate::revocable::Revocable), is given back before the scope leaves the gate to
/// wait for ever. A scope of atomic context is none.
pub trait MaySleep: sealed::Sealed {}

/// Process context that no scope covers. That it is process context, the types cannot tell: debug
/// kernels report where it is not.
pub struct Unscoped;

impl MaySleep for Unscoped {}
impl<T: SyncFile> MaySleep for Scope<'_, T> {}
impl<T: SyncFile> MaySleep for OpenScope<'_, T> {}
impl<F: ForLt + 'static> MaySleep for ProcessScope<'_, F> {}

mod sealed {
    use super::*;

    pub trait Sealed {}

    impl Sealed for Unscoped {}
    impl<T: SyncFile> Sealed for Scope<'_, T> {}
    impl<T: SyncFile> Sealed for OpenScope<'_, T> {}
    impl<F: ForLt + 'static> Sealed for ProcessScope<'_, F> {}
}
