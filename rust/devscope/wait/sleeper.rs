// SPDX-License-Identifier: GPL-2.0
// UNSAFE: wraps wait queues.

//! A task that sleeps on one wait queue, or on two at once.
//!
//! C header: [`include/linux/wait.h`](srctree/include/linux/wait.h)

use super::WaitQueue;
use crate::{
    ffi::helpers,
    gate::protocol::{Sleep, Woken}, //
};
use core::cell::Cell;
use kernel::{
    bindings,
    container_of,
    prelude::*,
    types::Opaque, //
};

/// `MAX_SCHEDULE_TIMEOUT`.
pub(crate) const FOR_EVER: c_long = c_long::MAX;

/// The signals that end a sleep early.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Any signal.
    Interruptible,
    /// A fatal signal. The freezer may freeze the task while it sleeps.
    Killable,
    /// A fatal signal, for a task for which other tasks wait: it is not frozen while it sleeps.
    InLine,
    /// No signal: for a kernel task, which the hung task detector ignores.
    Idle,
}

impl Mode {
    fn task_state(self) -> u32 {
        match self {
            Self::Interruptible => bindings::TASK_INTERRUPTIBLE,
            // SAFETY: No preconditions.
            Self::Killable => unsafe { helpers::devscope_freezable(Self::InLine.task_state()) },
            Self::InLine => bindings::TASK_WAKEKILL | bindings::TASK_UNINTERRUPTIBLE,
            Self::Idle => bindings::TASK_UNINTERRUPTIBLE | bindings::TASK_NOLOAD,
        }
    }

    /// Returns whether such a signal is pending.
    pub(crate) fn signalled(self) -> bool {
        // SAFETY: Reads the current task, no preconditions.
        unsafe { helpers::devscope_signal_pending_state(self.task_state()) }
    }
}

/// The current task on one or two wait queues.
///
/// With `woken`, no wake-up is lost while the condition is evaluated in between.
///
/// # Invariants
///
/// Each entry is of the current task. It is on its queue of `queues` or, before [`Sleep::prepare`]
/// and after a wake-up, on none.
#[pin_data(PinnedDrop)]
pub(crate) struct Sleeper<'a> {
    #[pin]
    entries: [Entry; 2],
    queues: [Option<&'a WaitQueue>; 2],
    woken: Woken,
    mode: Mode,
    /// The jiffies that are left.
    left: Cell<c_long>,
}

/// The entry of a sleeper in a queue.
#[repr(C)]
struct Entry {
    raw: Opaque<bindings::wait_queue_entry>,
    woken: Opaque<*const Woken>,
}

impl<'a> Sleeper<'a> {
    /// Creates a sleeper for `a` and `b`, which sleeps for `timeout` jiffies at most. It is on no
    /// queue before [`Sleep::prepare`].
    pub(crate) fn new(
        a: &'a WaitQueue,
        b: Option<&'a WaitQueue>,
        mode: Mode,
        timeout: c_long,
    ) -> impl PinInit<Self> + use<'a> {
        pin_init!(Self {
            entries: [const { Entry::new() }; 2],
            queues: [Some(a), b],
            woken: Woken::new(),
            mode,
            left: Cell::new(timeout),
        })
    }

    /// Returns whether the timeout has expired.
    pub(crate) fn is_over(&self) -> bool {
        self.left.get() == 0
    }

    /// Returns the entries, with their queues.
    #[inline]
    fn places(&self) -> impl Iterator<Item = (&Entry, &'a WaitQueue)> {
        self.entries.iter().zip(self.queues.into_iter().flatten())
    }

    /// The wake function of the entries; the queue's lock is held. Takes the entry off the queue if
    /// it wakes the task.
    ///
    /// # Safety
    ///
    /// `raw` is the entry of a [`Sleeper`] that is on a queue.
    unsafe extern "C" fn wake(
        raw: *mut bindings::wait_queue_entry,
        mode: c_uint,
        flags: c_int,
        key: *mut c_void,
    ) -> c_int {
        // SAFETY: The queue passes an entry of a sleeper that is on it, which is the field of an
        // `Entry`. The sleeper takes it off before it is dropped.
        let entry = unsafe { &*container_of!(Opaque::cast_from(raw), Entry, raw) };
        // SAFETY: `prepare` has set it, and the sleeper lives while it is on the queue.
        unsafe { &**entry.woken.get() }.set();
        // SAFETY: Called as the wake function of the entry.
        unsafe { bindings::autoremove_wake_function(raw, mode, flags, key) }
    }
}

impl Sleep for Pin<&Sleeper<'_>> {
    /// Adds the current task to those of its queues on which it is not, or not any more after a
    /// wake-up, and forgets earlier wake-ups. Call this before the condition is evaluated.
    fn prepare(&self) {
        for (entry, queue) in self.places() {
            let raw = entry.raw.get();
            if !entry.was_queued() {
                // SAFETY: The flag is in this pinned sleeper, whose drop takes the entry off its
                // queue. `raw` is valid; `init_wait()` also names the current task. No other code
                // has the entry yet.
                unsafe {
                    *entry.woken.get() = &self.woken;
                    bindings::init_wait(raw);
                    (*raw).func = Some(Sleeper::wake);
                }
            }
            // SAFETY: Both are valid; the entry leaves the queue in `drop`, in this task.
            unsafe {
                bindings::prepare_to_wait(queue.as_raw(), raw, bindings::TASK_RUNNING as c_int)
            };
        }
        self.woken.rearm();
    }

    /// Sleeps until a wake-up since [`Self::prepare`], a signal, or the timeout.
    #[inline]
    fn sleep(&self) {
        // Has a full barrier, which `Woken::is_set` needs.
        // SAFETY: The task runs again before this returns.
        unsafe { helpers::devscope_set_current_state(self.mode.task_state()) };
        if !self.woken.is_set() {
            // SAFETY: No preconditions in task context. The task is running after it.
            self.left
                .set(unsafe { bindings::schedule_timeout(self.left.get()) });
        } else {
            // SAFETY: No preconditions.
            unsafe { helpers::devscope_set_current_state(bindings::TASK_RUNNING) };
        }
    }
}

#[pinned_drop]
impl PinnedDrop for Sleeper<'_> {
    #[inline]
    fn drop(self: Pin<&mut Self>) {
        for (entry, queue) in self.as_ref().get_ref().places() {
            if entry.was_queued() {
                // SAFETY: `prepare` has added it to this queue, in this task.
                unsafe { bindings::finish_wait(queue.as_raw(), entry.raw.get()) };
            }
        }
    }
}

impl Entry {
    const fn new() -> Self {
        Self {
            raw: Opaque::zeroed(),
            woken: Opaque::zeroed(),
        }
    }

    #[inline]
    fn was_queued(&self) -> bool {
        // SAFETY: An entry that was never queued is zeroed; only `prepare` writes this.
        unsafe { (*self.raw.get()).func }.is_some()
    }
}
