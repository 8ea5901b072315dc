// SPDX-License-Identifier: GPL-2.0

//! The present speed of the machine. On a busy host, an emulated machine is several times slower,
//! independent of the driver. So limits are meant for a usual machine, and are stretched when they
//! are exceeded.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

/// How long [`reference()`] takes with the debug kernel, emulated on two idle cores.
const USUAL: Duration = Duration::from_millis(50);
/// Limits are not stretched by more than this.
const MOST: f64 = 12.0;
/// The number of rounds of the reference work.
const ROUNDS: usize = 10;

/// Work like that of the tests: threads start, sleep, make system calls, and end.
fn reference() -> Duration {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        let thread = thread::spawn(|| {
            thread::sleep(Duration::from_millis(1));
            fs::read_to_string("/proc/self/stat").map(drop)
        });
        let read = thread.join().expect("a thread that ends");
        read.expect("/proc/self/stat");
    }
    start.elapsed()
}

/// How many times slower the machine is than a usual one; 1 if it is not.
fn slowness() -> f64 {
    let took = reference();
    let times = took.as_secs_f64() / USUAL.as_secs_f64();
    eprintln!("the machine is {times:.1} times as slow as usual");
    times.clamp(1.0, MOST)
}

/// The time that corresponds to `limit` on a usual machine. This measures for a moment: best called
/// when `limit` is exceeded.
pub fn stretched(limit: Duration) -> Duration {
    limit.mul_f64(slowness())
}

/// Whether `took` is no more than `limit` on a usual machine.
pub fn is_within(took: Duration, limit: Duration) -> bool {
    took < limit || took < stretched(limit)
}

/// Checks that `what` took no more than `limit` on a usual machine.
///
/// # Panics
///
/// If it did.
pub fn assert_within(took: Duration, limit: Duration, what: &str) {
    let fine = is_within(took, limit);
    assert!(fine, "{what} took {took:?}, the limit is {limit:?}");
}
