// SPDX-License-Identifier: GPL-2.0

//! Contexts that may sleep.

use super::ProcessScope;
use crate::binding::Binding;
use kernel::{task::might_sleep, types::ForLt};

/// A context in which the caller may sleep for bounded time: a scope of process context, the
/// [`Binding`] in `probe`, or the argument of the closure of [`unscoped`].
///
/// A borrow from it, such as the guard of a [`Revocable`](crate::revocable::Revocable), ends before
/// the scope leaves the gate for an unbounded wait. A scope of atomic context does not implement
/// it.
pub trait MaySleep: sealed::Sealed {}

/// Process context without a scope: see [`unscoped`].
pub struct Unscoped(());

/// For the framework itself, which holds no guard across a wait.
pub(crate) const UNSCOPED: Unscoped = Unscoped(());

/// Calls `f` with a context, for code without a scope: the drop of a file's data, code of another
/// module. `f` may sleep for bounded time. The types do not check that the caller is in process
/// context: a kernel with `CONFIG_DEBUG_ATOMIC_SLEEP` reports it if not, by `might_sleep()`.
///
/// Code with a scope passes the scope as the context. `f` cannot capture a scope: `f` is `Send`,
/// and neither a scope nor a reference to one is. So no unbounded wait is possible with a borrow
/// from the context, which ends with `f`. (The guard of a lock is not `Send` either: borrow the
/// protected data and capture the borrow.)
///
/// # Examples
///
/// ```
/// # struct MyFile {
/// #     port: Devres<Port>,
/// # }
/// impl Drop for MyFile {
///     fn drop(&mut self) {
///         unscoped(|context| self.port.try_access(context).map(|port| port.reset()));
///     }
/// }
/// ```
#[inline(always)]
#[track_caller]
pub fn unscoped<R>(f: impl FnOnce(&Unscoped) -> R + Send) -> R {
    might_sleep();
    f(&UNSCOPED)
}

impl MaySleep for Unscoped {}
impl MaySleep for Binding<'_> {}
impl<F: ForLt + 'static> MaySleep for ProcessScope<'_, F> {}

pub(crate) mod sealed {
    use super::*;

    pub trait Sealed {}

    impl Sealed for Unscoped {}
    impl Sealed for Binding<'_> {}
    impl<F: ForLt + 'static> Sealed for ProcessScope<'_, F> {}
}
