// SPDX-License-Identifier: GPL-2.0

//! A wake-up that is not lost while its sleeper is still awake.

use crate::sync::{smp_mb, Atomic, Full, Relaxed};

/// Whether there was a wake-up since [`Self::rearm`].
///
/// With it, a sleeper loses no wake-up while it evaluates its condition as a running task, which
/// may sleep for a lock. The order is that of `wait_woken()`:
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

    /// Forgets earlier wake-ups. Later loads of the caller see the writes before the forgotten
    /// wake-ups.
    pub(crate) fn rearm(&self) {
        self.0.store(0, Relaxed);
        smp_mb(Full);
    }

    /// For a waker: sets the flag, after the condition was made true and before the task is woken.
    pub(crate) fn set(&self) {
        smp_mb(Full);
        self.0.store(1, Relaxed);
    }

    /// Returns whether not to sleep. Call this after the task's state was set with a full barrier.
    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Relaxed) != 0
    }
}
