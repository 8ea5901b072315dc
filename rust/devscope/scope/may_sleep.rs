// SPDX-License-Identifier: GPL-2.0

//! Contexts that may sleep.

use super::ProcessScope;
use crate::binding::Binding;
use kernel::{task::might_sleep, types::ForLt};

/// A context in which the caller may sleep for bounded time: a scope of process context, the
/// [`Binding`] in `probe`, or what [`unscoped`] gives.
///
/// What is borrowed from it, such as the guard of a
/// [`Revocable`](crate::revocable::Revocable), is given back before the scope leaves the gate to
/// wait for ever. A scope of atomic context is none.
pub trait MaySleep: sealed::Sealed {}

/// Process context that no scope covers: see [`unscoped`].
pub struct Unscoped(());

/// For the framework itself, which takes no guard across a wait.
pub(crate) const UNSCOPED: Unscoped = Unscoped(());

/// Calls `f` with a context for where there is no scope: the drop of a file's data, code of another
/// module. `f` may sleep for bounded time. That this is process context, the types cannot tell:
/// a kernel with `CONFIG_DEBUG_ATOMIC_SLEEP` reports where it is not, as `might_sleep()` does.
///
/// Under a scope, name that as the context. This refuses to take a scope along: `f` is `Send`, and
/// a scope is not, nor a reference to one. So nobody waits without bound with what is borrowed from
/// the context, which ends with `f`. (The guard of a lock is not `Send` either: borrow what it
/// protects, and take that along.)
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
