// SPDX-License-Identifier: GPL-2.0
// UNSAFE: looks into shared data without a scope.

//! Callbacks: each kind by itself, then all at once. Here is what these suites share.

mod hrtimer;
mod irq;
mod irq_work;
mod kthread;
mod notifier;
mod ring;
mod timer;
mod work;

use crate::{
    binding::{Binding, Shared},
    ffi::helpers,
    scope::CallbackScope, //
};
use kernel::{
    device::{Bound, Device},
    faux,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
    task::might_sleep,
    types::{CovariantForLt, ForLt}, //
};

/// Where a callback runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// In a task that may sleep.
    Sleepable,
    /// In a task that may not.
    Task,
    Softirq,
    Hardirq,
}

/// What the callbacks of a test saw. The test keeps it beyond the data.
struct Seen {
    device: usize,
    runs: Atomic<u32>,
    /// What should not have been.
    wrong: Atomic<u32>,
    dropped: Atomic<u32>,
}

impl Seen {
    fn new(device: &faux::Registration) -> Result<Arc<Self>> {
        let device: &faux::Device<Bound> = device.as_ref();
        let device: &Device<Bound> = device.as_ref();
        let seen = Self {
            device: core::ptr::from_ref(device) as usize,
            runs: Atomic::new(0),
            wrong: Atomic::new(0),
            dropped: Atomic::new(0),
        };
        Ok(Arc::new(seen, GFP_KERNEL)?)
    }

    /// A callback runs.
    fn run<F: ForLt, C>(&self, scope: &CallbackScope<'_, F, C>, level: Level) {
        if level == Level::Sleepable {
            might_sleep();
        }
        // SAFETY: No preconditions.
        let is_level = match unsafe { helpers::devscope_interrupt_context_level() } {
            // There, all but the first few instructions of an interrupt is a thread.
            0 if cfg!(CONFIG_PREEMPT_RT) => true,
            0 => level == Level::Sleepable || level == Level::Task,
            1 => level == Level::Softirq,
            _ => level == Level::Hardirq,
        };
        self.expect(is_level);
        self.expect(core::ptr::from_ref(scope.device()) as usize == self.device);
        self.expect(self.dropped.load(Relaxed) == 0);
        self.runs.add(1, Relaxed);
    }

    fn expect(&self, condition: bool) {
        if !condition {
            self.wrong.add(1, Relaxed);
        }
    }

    fn runs(&self) -> u32 {
        self.runs.load(Relaxed)
    }

    /// The data is dropped. Whether an item of it could be started then.
    fn data_dropped(&self, started: bool) {
        self.expect(!started);
        self.dropped.add(1, Relaxed);
    }

    /// Whether all went well, the data was dropped once, and nothing runs any more.
    fn is_over(&self) -> bool {
        let runs = self.runs();
        super::a_while();
        self.runs() == runs && self.dropped.load(Relaxed) == 1 && self.wrong.load(Relaxed) == 0
    }
}

/// The data of a binding, for as long as a test has it.
fn peek<'a, F: CovariantForLt + 'static>(data: Shared<'_, F>) -> &'a F::Of<'a> {
    // SAFETY: The tests do not look after they have dropped the binding.
    unsafe { &*data.as_ptr().as_ptr() }.data()
}

/// Drops the binding. Returns whether that was fast, though callbacks ran.
fn ends_soon(binding: Binding<'_>) -> bool {
    super::millis(|| drop(binding)) < 3_000
}
