// SPDX-License-Identifier: GPL-2.0

//! A wake-up that is not lost while its sleeper is still awake.

use crate::sync::{smp_mb, Atomic, Full, Relaxed};

/// Whether a wake-up came since [`Self::rearm`].
///
/// It is what makes a sleeper free of lost wake-ups while it evaluates its condition as a running
/// task, which may sleep for a lock. The order is that of `wait_woken()`:
///
/// ```text
/// sleeper                            waker
///   rearm: woken = 0; smp_mb()         condition = true
///   if condition { done }              set: smp_mb(); woken = 1
///   task state = sleeping; smp_mb()    smp_mb(); wake the task, if it is sleeping
///   if !woken { schedule() }
/// ```
pub(crate) struct Woken(Atomic<u32>);

impl Woken {
    pub(crate) fn new() -> Self {
        Self(Atomic::new(0))
    }

    /// Forgets earlier wake-ups. What the caller looks at from here on is not older than what it
    /// forgets.
    pub(crate) fn rearm(&self) {
        self.0.store(0, Relaxed);
        smp_mb(Full);
    }

    /// Of a waker: says that the condition may have come to hold. To be called before the task is
    /// woken.
    pub(crate) fn set(&self) {
        smp_mb(Full);
        self.0.store(1, Relaxed);
    }

    /// Whether not to sleep. To be asked after the task's state was set, with a full barrier.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Relaxed) != 0
    }
}
