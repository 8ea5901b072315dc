// SPDX-License-Identifier: GPL-2.0

//! The guest's clock, by which an instruction is a nanosecond.

use rustix::time::{clock_gettime, ClockId};

/// Each operation is repeated this often in a round.
pub const PER_ROUND: u64 = 1000;
/// The median of this many rounds counts: a timer tick falls into some of them.
pub const ROUNDS: usize = 10;

/// The guest's clock, in nanoseconds.
pub fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The instructions that one `operation` takes.
pub fn cost(mut operation: impl FnMut()) -> f64 {
    (0..PER_ROUND).for_each(|_| operation());
    let mut rounds: Vec<u64> = (0..ROUNDS)
        .map(|_| {
            let start = now();
            (0..PER_ROUND).for_each(|_| operation());
            now() - start
        })
        .collect();
    rounds.sort();
    rounds[ROUNDS / 2] as f64 / PER_ROUND as f64
}
