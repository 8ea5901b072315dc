// SPDX-License-Identifier: GPL-2.0
// UNSAFE: drops a value in place that others may still ask for.

//! Values that can be revoked while they are in use, and may be used across a sleep.
//!
//! This is the kernel crate's [`Revocable`](kernel::revocable::Revocable) with one difference: the
//! holder of a guard may sleep. It is for code that no scope covers. Code with a scope accesses the
//! data of the binding without a check.
//!
//! - [`Revocable`]: one value.
//! - [`try_access_all`]: several values of different owners, all or none.
//! - [`devres`]: values that are revoked when their device is unbound.
//!
//! The protocol is that of the [gate](crate::gate): a guard is a caller inside, and a revoke closes
//! the gate.

mod all;
pub mod devres;
mod mapping;

pub use all::try_access_all;
use all::Access;

use crate::{
    gate::{Gate, Inside},
    scope::MaySleep, //
};
use core::{
    ops::Deref,
    ptr::{drop_in_place, null_mut}, //
};
use kernel::{
    bindings,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Completion, //
    },
    task::{might_sleep, Task},
    types::Opaque, //
};
use pin_init::Wrapper;

/// A value that can be revoked.
///
/// An access costs `srcu_read_lock_fast()`, `srcu_read_unlock_fast()` and the load of a flag. It
/// writes no memory that CPUs share.
///
/// The holder of a guard may revoke another value, and waits for the guards of that value. Two
/// tasks that do this crosswise deadlock. Lockdep reports this when it has seen both orders.
///
/// # Examples
///
/// ```
/// # fn f() -> Result {
/// let port = KBox::pin_init(Revocable::new(Port::new()), GFP_KERNEL)?;
/// unscoped(|context| port.try_access(context).ok_or(ENODEV)?.flush_and_sleep())?;
/// port.revoke();
/// unscoped(|context| assert!(port.try_access(context).is_none()));
/// # Ok(()) }
/// ```
///
/// C header: [`include/linux/srcu.h`](srctree/include/linux/srcu.h)
///
/// # Invariants
///
/// `value` is initialised while the gate's pass is live, and until the drain after that has ended.
#[pin_data(PinnedDrop)]
pub struct Revocable<T> {
    #[pin]
    gate: Gate,
    /// The task that has begun to revoke, if there is one.
    revoker: Atomic<*mut bindings::task_struct>,
    /// Completed when the value is dropped.
    #[pin]
    dropped: Completion,
    #[pin]
    value: Opaque<T>,
}

// SAFETY: It owns its value, and the rest may be sent.
unsafe impl<T: Send> Send for Revocable<T> {}
// SAFETY: Any thread may use the value, and the thread that revokes it drops it, which may be any.
unsafe impl<T: Send + Sync> Sync for Revocable<T> {}

impl<T> Revocable<T> {
    /// Creates a value that can be revoked. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, and the errors of `value`.
    pub fn new<E>(value: impl PinInit<T, E>) -> impl PinInit<Self, Error>
    where
        Error: From<E>,
    {
        static NAME: &CStr = c"devscope_revocable";
        try_pin_init!(Self {
            gate <- Gate::named(NAME),
            revoker: Atomic::new(null_mut()),
            dropped <- Completion::new(),
            value <- Opaque::pin_init(value),
        })
    }

    /// Returns a guard, which keeps the value until it is dropped, or `None` if the value is
    /// revoked.
    ///
    /// `context` proves that the caller may sleep, here and while it holds the guard. But a revoke,
    /// and so unbind, waits for the guard. The compiler refuses unbounded waits of a scope: the
    /// guard borrows from the scope, and the closure of [`unscoped`](crate::scope::unscoped) cannot
    /// capture one.
    ///
    /// A leaked guard is like a lock that is never released: a revoke waits for ever. If the
    /// [`Revocable`] is dropped instead, the kernel reports the leak.
    #[inline]
    #[track_caller]
    pub fn try_access<'g>(&'g self, _context: &'g impl MaySleep) -> Option<RevocableGuard<'g, T>> {
        might_sleep();
        let inside = self.gate.enter(self.gate.pass())?;
        // INVARIANT: The pass was live after the caller was counted, so the value is initialised,
        // and the task that ends the pass waits for the caller to leave.
        Some(RevocableGuard {
            value: self.value.get(),
            _inside: inside,
        })
    }

    /// Revokes the value: no code can access it any more, and after the last guard, it is dropped.
    /// When this returns, the value is dropped, by this or another call. Only a call from the
    /// [`Drop`] of the value itself does not wait for this. Returns whether this call dropped it.
    ///
    /// Sleeps. The holder of a guard of the same value may not call this: it would wait for itself.
    pub fn revoke(&self) -> bool {
        might_sleep();
        let me = Task::current_raw();
        if let Err(revoker) = self.revoker.cmpxchg(null_mut(), me, Relaxed) {
            if revoker != me {
                self.dropped.wait_for_completion();
            }
            return false;
        }
        self.gate.pass().unplug();
        self.gate.drain();
        // SAFETY: By the type invariant it is initialised. Only one call gets here, no caller is
        // inside after the drain, and none enters.
        unsafe { drop_in_place(self.value.get()) };
        self.dropped.complete_all();
        true
    }

    /// Returns whether the value is revoked or being revoked.
    #[inline]
    pub(crate) fn is_revoked(&self) -> bool {
        !self.gate.pass().is_live()
    }

    /// Returns the value, for a caller that knows that it is not revoked.
    ///
    /// # Safety
    ///
    /// No code revokes the value during the lifetime of the returned reference.
    #[inline]
    pub(crate) unsafe fn access(&self) -> &T {
        // SAFETY: The caller guarantees that no code revokes it during the lifetime of the
        // reference. So the pass is live, and by the type invariant, the value initialised.
        unsafe { &*self.value.get() }
    }
}

#[pinned_drop]
impl<T> PinnedDrop for Revocable<T> {
    fn drop(self: Pin<&mut Self>) {
        // No task is revoking, since this needs a reference.
        if self.revoker.load(Relaxed).is_null() {
            // SAFETY: It is initialised, and there is no other reference to it.
            unsafe { drop_in_place(self.value.get()) };
        }
    }
}

/// A guard: the value is not revoked while it exists. It is not `Send`.
///
/// # Invariants
///
/// `value` is initialised while a caller is inside.
#[must_use = "dropping it gives the value back"]
pub struct RevocableGuard<'a, T> {
    // Not a reference: a reference in an argument has to be valid for the whole call, even if the
    // callee drops the guard.
    value: *const T,
    _inside: Inside<'a>,
}

impl<T> Deref for RevocableGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: By the type invariant; this guard is inside.
        unsafe { &*self.value }
    }
}
