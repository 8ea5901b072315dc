// SPDX-License-Identifier: GPL-2.0

//! Computing: numbers wait in a queue, the device takes one at a time, and what came out of the
//! latest is there for all.
//!
//! [`Edu::advance`] does all of it, in a work item. It looks at what the device says, not at who
//! called it, so it may be called too often, and a call that comes late does no harm. It is called
//! when a number is added, by the interrupt at the end of a computation, and by the watchdog.

use crate::{regs, Edu};
use devscope::prelude::*;
use kernel::{
    io::Io,
    prelude::*,
    time::{Delta, Instant, Monotonic}, //
};

/// How many numbers may wait.
pub(crate) const DEPTH: usize = 64;

/// How long the device may compute.
const LIMIT: Delta = Delta::from_millis(1000);

/// How often a device is looked at that computes what nobody waits for.
const RETRY: Delta = Delta::from_millis(100);

/// What came out of a number.
#[derive(Clone, Copy)]
pub(crate) struct Outcome {
    /// Counts up.
    pub(crate) serial: u64,
    /// The factorial, or `ETIMEDOUT`.
    pub(crate) value: Result<u32>,
}

/// The numbers on their way through the device.
pub(crate) struct Numbers {
    waiting: KVec<u32>,
    /// Since when the device computes the number that is next to have an outcome.
    since: Option<Instant<Monotonic>>,
    latest: Outcome,
}

impl Numbers {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            waiting: KVec::with_capacity(DEPTH, GFP_KERNEL)?,
            since: None,
            latest: Outcome {
                serial: 0,
                value: Ok(0),
            },
        })
    }

    fn publish(&mut self, value: Result<u32>) {
        self.latest = Outcome {
            serial: self.latest.serial + 1,
            value,
        };
    }
}

impl Edu<'_> {
    /// Adds as many numbers as fit, and returns how many that were.
    pub(crate) fn add(&self, numbers: impl Iterator<Item = u32>) -> usize {
        let mut queue = self.numbers.lock();
        let added = numbers
            .map_while(|number| queue.waiting.push_within_capacity(number).ok())
            .count();
        drop(queue);
        self.feed.queue();
        added
    }

    /// Whether a number fits.
    pub(crate) fn has_room(&self) -> bool {
        self.numbers.lock().waiting.len() < DEPTH
    }

    pub(crate) fn latest(&self) -> Outcome {
        self.numbers.lock().latest
    }

    /// Takes what the device has computed, and has it compute the next number.
    fn advance(&self) {
        let mut numbers = self.numbers.lock();
        if self.bar.read(regs::STATUS).computing() {
            let left = numbers.since.map_or(RETRY, |since| LIMIT - since.elapsed());
            if left > Delta::ZERO {
                self.watchdog.start(left);
                return;
            }
            // Given up. The device cannot be stopped, so the next number has to wait until it
            // is done with this one.
            numbers.since = None;
            numbers.publish(Err(ETIMEDOUT));
            self.watchdog.start(RETRY);
        } else {
            self.watchdog.cancel();
            if numbers.since.take().is_some() {
                numbers.publish(Ok(self.bar.read(regs::FACTORIAL).number().into()));
            }
            if let Ok(number) = numbers.waiting.remove(0) {
                self.compute(number);
                numbers.since = Some(Instant::now());
                self.watchdog.start(LIMIT);
            }
        }
        drop(numbers);
        // There is a new outcome, or room in the queue.
        self.changed.wake_all();
    }

    fn compute(&self, number: u32) {
        self.bar
            .write_reg(regs::STATUS::zeroed().with_interrupt(true));
        self.bar
            .write_reg(regs::FACTORIAL::zeroed().with_number(number));
    }
}

/// The work of the queue. It may sleep, so it can take a mutex.
pub(crate) struct Feed;

impl callback::Handler for Feed {
    type Device = CovariantForLt!(Edu<'_>);

    fn run(scope: &mut ProcessScope<'_, Self::Device>) {
        scope.data().advance();
    }
}

/// Sees to it that the queue goes on when no interrupt comes.
pub(crate) struct Watchdog;

impl callback::Handler<AtomicContext> for Watchdog {
    type Device = CovariantForLt!(Edu<'_>);

    fn run(scope: &mut AtomicScope<'_, Self::Device>) {
        scope.data().feed.queue();
    }
}
