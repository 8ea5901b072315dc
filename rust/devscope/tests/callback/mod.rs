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

/// What the callbacks of a test saw, with the device. The test keeps it beyond the data.
struct Seen {
    device: faux::Registration,
    runs: Atomic<u32>,
    /// What a suite counts besides, such as threads that have returned.
    others: Atomic<u32>,
    /// What should not have been.
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

    /// The data is dropped. Whether an item of it could be started then.
    fn data_dropped(&self, started: bool) {
        self.expect(!started);
        self.dropped.add(1, Relaxed);
    }

    /// Drops the binding. Returns whether that was fast, though callbacks ran, and all is over.
    fn ends_with(&self, binding: Binding<'_>) -> bool {
        ends_soon(binding) && self.is_over()
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

/// Data with nothing to start in it.
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

/// Drops the binding. Returns whether that was fast, though callbacks ran.
fn ends_soon(binding: Binding<'_>) -> bool {
    super::millis(|| drop(binding)) < 3_000
}
