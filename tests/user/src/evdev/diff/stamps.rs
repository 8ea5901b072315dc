// SPDX-License-Identifier: GPL-2.0

//! Tests whether the time of an event is plausible.

use libc::clockid_t;
use std::cell::Cell;

/// The tolerance in microseconds: the offsets between the clocks are not known exactly.
const SLACK: i64 = 400;
/// The distance of given times.
const STEP: i64 = 1000;
/// The number of given times.
const STEPS: i64 = 900;
/// How long the first of them is before the sequence.
const BEFORE: i64 = 1_000_000;

/// The clocks of a sequence, in microseconds.
#[derive(Debug)]
pub struct Stamps {
    start: i64,
    /// When the events were read.
    read: Cell<i64>,
    realtime: i64,
    boottime: i64,
}

impl Stamps {
    /// Creates the clocks of a sequence that starts now.
    pub fn now() -> Self {
        let start = now(libc::CLOCK_MONOTONIC);
        Self {
            start,
            read: Cell::new(start),
            realtime: ahead(libc::CLOCK_REALTIME),
            boottime: ahead(libc::CLOCK_BOOTTIME),
        }
    }

    /// Restarts for the next sequence.
    pub fn restart(&mut self) {
        self.start = now(libc::CLOCK_MONOTONIC);
    }

    /// Records that events were read now.
    pub fn look(&self) {
        self.read.set(now(libc::CLOCK_MONOTONIC));
    }

    /// A given time of events, on the monotonic clock.
    pub fn given(&self, stamp: u16) -> u64 {
        (self.start - BEFORE + i64::from(stamp) % STEPS * STEP) as u64
    }

    /// The time on the monotonic clock.
    pub fn monotonic(&self, clock: clockid_t, (seconds, micros): (i64, i64)) -> i64 {
        let ahead = match clock {
            libc::CLOCK_REALTIME => self.realtime,
            libc::CLOCK_BOOTTIME => self.boottime,
            _ => 0,
        };
        seconds.wrapping_mul(1_000_000).wrapping_add(micros) - ahead
    }

    /// The class of the time of an event that was read: a given time, or a current one. `floor` is
    /// the latest current time of this client: later ones must not be before it.
    pub fn class(&self, time: i64, floor: &mut i64) -> String {
        let given = time - (self.start - BEFORE);
        if (-SLACK..STEPS * STEP).contains(&given) {
            let stamp = (given + STEP / 2) / STEP;
            return match (given - stamp * STEP).abs() <= SLACK {
                true => format!("#{stamp}"),
                false => format!("!given {given}"),
            };
        }
        let now = self.read.get();
        if time < self.start - SLACK {
            return format!("!{} before the start", self.start - time);
        }
        if time > now + SLACK {
            return format!("!{} in the future", time - now);
        }
        if time < *floor - SLACK {
            return format!("!{} back", *floor - time);
        }
        *floor = time.max(*floor);
        String::new()
    }
}

/// The time of a clock.
fn now(clock: clockid_t) -> i64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: Writes `time`.
    let result = unsafe { libc::clock_gettime(clock, &mut time) };
    assert_eq!(result, 0, "clock_gettime");
    time.tv_sec * 1_000_000 + time.tv_nsec / 1000
}

/// How far a clock is ahead of the monotonic one: the best of some measurements.
fn ahead(clock: clockid_t) -> i64 {
    let look = |_| {
        let before = now(libc::CLOCK_MONOTONIC);
        let there = now(clock);
        let after = now(libc::CLOCK_MONOTONIC);
        (after - before, there - (before + after) / 2)
    };
    let (_, ahead) = (0..5).map(look).min().expect("some looks");
    ahead
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        let stamps = Stamps::now();
        stamps.look();
        let mut floor = 0;
        let mut class = |time| stamps.class(time, &mut floor);
        let start = stamps.start;
        assert_eq!(class(stamps.given(7) as i64), "#7");
        assert_eq!(class(stamps.given(7) as i64 - 5), "#7");
        assert_eq!(class(start), "");
        assert!(class(start + 60_000_000).contains("future"));
        assert!(class(start - 5000).contains("before"));
        assert!(class(0).contains("before"));
        assert!(class(stamps.given(7) as i64 + 500).contains("given"));
        let later = stamps.read.get() + 300;
        floor = later + SLACK + 1;
        assert!(stamps.class(later, &mut floor).contains("back"));
    }

    #[test]
    fn clocks() {
        let stamps = Stamps::now();
        for clock in [
            libc::CLOCK_REALTIME,
            libc::CLOCK_BOOTTIME,
            libc::CLOCK_MONOTONIC,
        ] {
            let there = now(clock);
            stamps.look();
            let time = stamps.monotonic(clock, (there / 1_000_000, there % 1_000_000));
            assert_eq!(stamps.class(time, &mut 0), "");
            assert!((time - now(libc::CLOCK_MONOTONIC)).abs() < 5_000_000);
        }
    }
}
