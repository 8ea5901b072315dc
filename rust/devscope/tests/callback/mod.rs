// SPDX-License-Identifier: GPL-2.0
// UNSAFE: looks into shared data without a scope.

//! Callbacks: each kind by itself, then all together. This file has the code that these suites
//! share.

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
    new_wait_queue,
    scope::CallbackScope,
    tests::{bind, bound, device},
    wait::WaitQueue, //
};
use kernel::{
    faux,
    prelude::*,
    sync::{
        atomic::{Atomic, Relaxed},
        Arc, //
    },
    task::might_sleep,
    types::{CovariantForLt, ForLt}, //
};

/// The context of a callback.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// In a task that may sleep.
    Sleepable,
    /// In a task that may not sleep.
    Task,
    Softirq,
    Hardirq,
}

/// The counts of a test's callbacks, and their device. It outlives the data.
struct Seen {
    device: faux::Registration,
    runs: Atomic<u32>,
    /// Another count of the suite, such as of threads that have returned.
    others: Atomic<u32>,
    /// The number of failed expectations.
    wrong: Atomic<u32>,
    dropped: Atomic<u32>,
}

impl Seen {
    /// Binds a device. The first value has to outlive the second.
    fn bound() -> Result<(Arc<Self>, Binding<'static>)> {
        let seen = Self {
            device: device()?,
            runs: Atomic::new(0),
            others: Atomic::new(0),
            wrong: Atomic::new(0),
            dropped: Atomic::new(0),
        };
        let seen = Arc::new(seen, GFP_KERNEL)?;
        let binding = bind(&seen.device);
        Ok((seen, binding))
    }

    /// As [`Self::bound`], with data.
    fn with_data<F, I>(
        new: impl FnOnce(&Arc<Self>) -> I,
    ) -> Result<(Arc<Self>, Binding<'static>, Shared<'static, F>)>
    where
        F: ForLt + 'static,
        F::Of<'static>: Send + Sync,
        I: PinInit<F::Of<'static>, Error>,
    {
        let (seen, mut binding) = Self::bound()?;
        let data = binding.share(new(&seen))?;
        Ok((seen, binding, data))
    }

    /// Records that a callback runs, and checks its context.
    fn run<F: ForLt, C>(&self, scope: &CallbackScope<'_, F, C>, level: Level) {
        if level == Level::Sleepable {
            might_sleep();
        }
        // SAFETY: No preconditions.
        let is_level = match unsafe { helpers::devscope_interrupt_context_level() } {
            // There, interrupt handlers run in threads.
            0 if cfg!(CONFIG_PREEMPT_RT) => true,
            0 => level == Level::Sleepable || level == Level::Task,
            1 => level == Level::Softirq,
            _ => level == Level::Hardirq,
        };
        self.expect(is_level);
        self.expect(core::ptr::eq(scope.device(), bound(&self.device)));
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

    fn others(&self) -> u32 {
        self.others.load(Relaxed)
    }

    /// Records that the data is dropped, and whether an item in it could still be started.
    fn data_dropped(&self, started: bool) {
        self.expect(!started);
        self.dropped.add(1, Relaxed);
    }

    /// Drops the binding. Returns whether that was fast, although callbacks ran, and
    /// [`Self::is_over`].
    fn ends_with(&self, binding: Binding<'_>) -> bool {
        ends_soon(binding) && self.is_over()
    }

    /// Whether no expectation failed, the data was dropped once, and no callbacks run any more.
    fn is_over(&self) -> bool {
        let runs = self.runs();
        super::a_while();
        self.runs() == runs && self.dropped.load(Relaxed) == 1 && self.wrong.load(Relaxed) == 0
    }
}

/// The data of a binding, without a scope. The test must not use it after the binding.
fn peek<'a, F: CovariantForLt + 'static>(data: Shared<'_, F>) -> &'a F::Of<'a> {
    // SAFETY: The tests do not use the reference after they have dropped the binding.
    unsafe { &*data.as_ptr().as_ptr() }.data()
}

/// Data without items that can be started.
#[pin_data(PinnedDrop)]
struct Plain {
    seen: Arc<Seen>,
    name: u32,
    #[pin]
    queue: WaitQueue,
}

impl Plain {
    fn new(seen: &Arc<Seen>) -> impl PinInit<Self, Error> {
        Self::named(seen, 0)
    }

    fn named(seen: &Arc<Seen>, name: u32) -> impl PinInit<Self, Error> {
        let seen = seen.clone();
        try_pin_init!(Self { seen, name, queue <- new_wait_queue!("kunit plain") })
    }
}

#[pinned_drop]
impl PinnedDrop for Plain {
    fn drop(self: Pin<&mut Self>) {
        self.seen.data_dropped(false);
    }
}

/// Drops the binding. Returns whether that was fast, although callbacks ran.
fn ends_soon(binding: Binding<'_>) -> bool {
    super::millis(|| drop(binding)) < 3_000
}
