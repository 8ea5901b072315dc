// SPDX-License-Identifier: GPL-2.0

//! Computing factorials: numbers wait in a queue, the device takes one at a time, and all files can
//! read the outcome of the latest.
//!
//! [`Edu::advance`] does this in a work item. It relies on the status register, not on its caller:
//! a superfluous or a late call is harmless. It is called when a number is added, by the interrupt
//! at the end of a computation, and by the watchdog.

use crate::{regs, Edu};
use devscope::prelude::*;
use kernel::{
    io::Io,
    prelude::*,
    time::{Delta, Instant, Monotonic}, //
};

/// The maximum number of waiting numbers.
pub(crate) const DEPTH: usize = 64;

/// The time limit of a computation.
const LIMIT: Delta = Delta::from_millis(1000);

/// The polling interval for a computation that has timed out.
const RETRY: Delta = Delta::from_millis(100);

/// The outcome of a number.
#[derive(Clone, Copy)]
pub(crate) struct Outcome {
    /// The serial number of the outcome.
    pub(crate) serial: u64,
    /// The factorial, or `ETIMEDOUT`.
    pub(crate) value: Result<u32>,
}

/// The queue of numbers, and the latest outcome.
pub(crate) struct Numbers {
    waiting: KVec<u32>,
    /// The start of the current computation, if its outcome is still awaited.
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
    /// Adds as many numbers as fit, and returns how many were added.
    pub(crate) fn add(&self, numbers: impl Iterator<Item = u32>) -> usize {
        let mut queue = self.numbers.lock();
        let added = numbers
            .map_while(|number| queue.waiting.push_within_capacity(number).ok())
            .count();
        drop(queue);
        self.feed.queue();
        added
    }

    /// Returns whether there is room for a number.
    pub(crate) fn has_room(&self) -> bool {
        self.numbers.lock().waiting.len() < DEPTH
    }

    pub(crate) fn latest(&self) -> Outcome {
        self.numbers.lock().latest
    }

    /// Reads a result from the device, and starts the next computation.
    fn advance(&self) {
        let mut numbers = self.numbers.lock();
        if self.bar.read(regs::STATUS).computing() {
            let left = numbers.since.map_or(RETRY, |since| LIMIT - since.elapsed());
            if left > Delta::ZERO {
                self.watchdog.start(left);
                return;
            }
            // Timeout. The device cannot be stopped, so the next number waits until this
            // computation has ended.
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

/// The work item for the queue. It may sleep, so it can take a mutex.
pub(crate) struct Feed;

impl callback::Handler for Feed {
    type Device = CovariantForLt!(Edu<'_>);

    fn run(scope: &mut ProcessScope<'_, Self::Device>) {
        scope.data().advance();
    }
}

/// Queues the work item if no interrupt comes.
pub(crate) struct Watchdog;

impl callback::Handler<AtomicContext> for Watchdog {
    type Device = CovariantForLt!(Edu<'_>);

    fn run(scope: &mut AtomicScope<'_, Self::Device>) {
        scope.data().feed.queue();
    }
}
