// SPDX-License-Identifier: GPL-2.0

//! The guest's clock. An instruction takes one nanosecond on it.

use devscope_tests::{wait_until, HANG};
use rustix::{
    rand::{getrandom, GetRandomFlags},
    time::{clock_gettime, ClockId},
};
use std::fs;

/// Each operation is repeated this often in a round.
pub const PER_ROUND: u64 = 1000;
/// The median of this many rounds counts: a timer tick falls into some of them.
pub const ROUNDS: usize = 10;

/// The kernel's first clock source, which it replaces when it has calibrated a better one.
const FIRST_CLOCK: &str = "tsc-early";

/// Waits until the kernel has its final clock source and has initialised its random numbers: both
/// change the instructions on the measured paths.
///
/// # Panics
///
/// If this does not happen.
pub fn settle() {
    const CLOCK: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    let clock = || fs::read_to_string(CLOCK).expect("a clock source");
    let settled = wait_until(HANG, || clock().trim() != FIRST_CLOCK);
    assert!(settled, "the kernel has no better clock than {FIRST_CLOCK}");
    getrandom(&mut [0; 1], GetRandomFlags::empty()).expect("getrandom");
}

/// The guest's clock, in nanoseconds.
pub fn now() -> u64 {
    read(ClockId::Monotonic)
}

fn read(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The instructions that one `operation` takes.
pub fn cost(mut operation: impl FnMut()) -> f64 {
    (0..PER_ROUND).for_each(|_| operation());
    let round = || {
        let start = now();
        (0..PER_ROUND).for_each(|_| operation());
        now() - start
    };
    median(round) / PER_ROUND as f64
}

/// The instructions of one operation if `operation` makes `count` of them, after `before`.
pub fn cost_of_many(count: u64, mut before: impl FnMut(), mut operation: impl FnMut()) -> f64 {
    let mut round = || {
        before();
        let start = now();
        operation();
        now() - start
    };
    round();
    median(round) / count as f64
}

/// The instructions that this thread runs for one `operation`, which may sleep. `operation` is
/// called `count` times in a row.
pub fn own_cost(count: u64, mut operation: impl FnMut()) -> f64 {
    let mut round = || own_time(|| (0..count).for_each(|_| operation()));
    round();
    median(round) / count as f64
}

/// The CPU time of this thread for `operation`, in nanoseconds.
pub fn own_time(operation: impl FnOnce()) -> u64 {
    let start = read(ClockId::ThreadCPUTime);
    operation();
    read(ClockId::ThreadCPUTime) - start
}

/// The median of some rounds, each of which returns its duration.
pub fn median(round: impl FnMut() -> u64) -> f64 {
    let mut rounds: Vec<u64> = std::iter::repeat_with(round).take(ROUNDS).collect();
    rounds.sort_unstable();
    rounds[ROUNDS / 2] as f64
}

/// The median of five measurements.
pub fn of_five(measure: impl FnMut() -> f64) -> f64 {
    let mut times: Vec<f64> = std::iter::repeat_with(measure).take(5).collect();
    times.sort_by(f64::total_cmp);
    times[2]
}
