// SPDX-License-Identifier: GPL-2.0

//! How fast the machine is right now. An emulated one on a busy host takes several times as long
//! for everything, whatever a driver does: so limits hold for a usual machine, and are stretched
//! once they are over.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

/// What [`reference()`] takes with the debug kernel, emulated on two cores that do nothing else.
const USUAL: Duration = Duration::from_millis(50);
/// Limits are not stretched by more than this.
const MOST: f64 = 12.0;
/// How often something is done for reference.
const ROUNDS: usize = 10;

/// What the tests themselves are made of: threads that start, sleep, ask the kernel, and end.
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

/// What is as long as `limit` is on a usual machine. To find that out takes a moment: best done when
/// `limit` is over.
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
