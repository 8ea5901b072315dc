// SPDX-License-Identifier: GPL-2.0
// UNSAFE: drops a value in place that others may still ask for.

//! Values that can be taken back while others use them, and that may be used across a sleep.
//!
//! This is the kernel crate's [`Revocable`](kernel::revocable::Revocable) with one difference: who
//! holds a guard may sleep. It is for code that no scope covers. Under a scope, what lives with the
//! binding is reached with no check at all.
//!
//! - [`Revocable`]: one value.
//! - [`try_access_all`]: several values of different providers, all or none.
//! - [`devres`]: values that are revoked when their device is unbound.
//!
//! The protocol is that of the [gate](crate::gate): a guard is somebody inside, and revoking is
//! closing it.

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

/// A value that can be taken back.
///
/// Using it costs what `srcu_read_lock_fast()` and `srcu_read_unlock_fast()` cost, and the load of
/// a flag: nothing that CPUs share is written.
///
/// The holder of a guard may revoke another value, and waits for its guards. Two tasks that do so
/// crosswise wait for each other for ever, which lockdep reports when it has seen both orders.
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
/// `value` is initialised while the gate's pass is good, and until the drain after that is over.
#[pin_data(PinnedDrop)]
pub struct Revocable<T> {
    #[pin]
    gate: Gate,
    /// The task that has begun to revoke, if one has.
    revoker: Atomic<*mut bindings::task_struct>,
    /// When the value is dropped.
    #[pin]
    dropped: Completion,
    #[pin]
    value: Opaque<T>,
}

// SAFETY: It owns its value, and the rest may be sent.
unsafe impl<T: Send> Send for Revocable<T> {}
// SAFETY: Any thread may use the value, and any thread may drop it: the one that revokes it.
unsafe impl<T: Send + Sync> Sync for Revocable<T> {}

impl<T> Revocable<T> {
    /// Creates a value that can be revoked. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, and those of `value`.
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

    /// The value, until the guard is dropped; `None` where it is revoked.
    ///
    /// The caller may sleep, then and while it has the guard; `context` says so. But revoking waits
    /// for it, and so does the unbind that revokes: a scope's waits without bound are refused
    /// by the compiler, as the guard borrows from the scope, and
    /// [`unscoped`](crate::scope::unscoped) takes no scope along.
    ///
    /// A guard that is forgotten is a lock that is never released: a revoker waits for ever,
    /// and the kernel reports it where the [`Revocable`] is dropped instead.
    #[inline]
    #[track_caller]
    pub fn try_access<'g>(&'g self, _context: &'g impl MaySleep) -> Option<RevocableGuard<'g, T>> {
        might_sleep();
        let inside = self.gate.enter(self.gate.pass())?;
        // INVARIANT: The pass was good after the caller was counted in, so the value is there, and
        // whoever cancels the pass waits for it to leave.
        Some(RevocableGuard {
            value: self.value.get(),
            _inside: inside,
        })
    }

    /// Takes the value back: nobody gets it any more, and when the last guard is gone, it is
    /// dropped. That is done when this returns, whoever did it, but to the [`Drop`] of the value
    /// itself, which does not wait for its own end. Returns whether this call did.
    ///
    /// Sleeps. Not for the holder of a guard of the same value, which would wait for itself.
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
        // SAFETY: By the type invariant it is initialised. Only one call gets here, nobody is
        // inside after the drain, and nobody comes in.
        unsafe { drop_in_place(self.value.get()) };
        self.dropped.complete_all();
        true
    }

    /// Whether it is, or is just being, revoked.
    #[inline]
    pub(crate) fn is_revoked(&self) -> bool {
        !self.gate.pass().is_live()
    }

    /// The value, for a caller that knows that it is not revoked.
    ///
    /// # Safety
    ///
    /// Nobody revokes it before the returned reference is gone.
    #[inline]
    pub(crate) unsafe fn access(&self) -> &T {
        // SAFETY: The caller says that nobody revokes it before the reference is gone. So the pass
        // is good, and by the type invariant, the value initialised.
        unsafe { &*self.value.get() }
    }
}

#[pinned_drop]
impl<T> PinnedDrop for Revocable<T> {
    fn drop(self: Pin<&mut Self>) {
        // Nobody is revoking: that takes a reference.
        if self.revoker.load(Relaxed).is_null() {
            // SAFETY: It is initialised, and nobody else has a reference to it.
            unsafe { drop_in_place(self.value.get()) };
        }
    }
}

/// A value that is not revoked as long as this is there. It stays with the task that got it.
///
/// # Invariants
///
/// `value` is initialised while somebody is inside.
#[must_use = "dropping it gives the value back"]
pub struct RevocableGuard<'a, T> {
    // No reference: one in an argument has to be valid for the whole call, even where the callee
    // drops the guard.
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
