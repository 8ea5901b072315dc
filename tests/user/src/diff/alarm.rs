// SPDX-License-Identifier: GPL-2.0

//! Signals for one thread, to wake it from a call that would sleep for ever.

use crate::signal::{handle, Then};
use libc::{itimerspec, timespec};
use std::{mem, ptr};

/// How often the signal comes, in nanoseconds: it may be too early for the call.
const EVERY: i64 = 3_000_000;

/// SIGALRM for the thread that has made this.
pub struct Alarm(libc::timer_t);

impl Alarm {
    /// For the calling thread.
    ///
    /// # Panics
    ///
    /// If there can be no timer.
    pub fn new() -> Self {
        handle(libc::SIGALRM, Then::Fail);
        let mut timer = ptr::null_mut();
        // SAFETY: All zeros are a valid `sigevent`.
        let mut event: libc::sigevent = unsafe { mem::zeroed() };
        event.sigev_notify = libc::SIGEV_THREAD_ID;
        event.sigev_signo = libc::SIGALRM;
        event.sigev_notify_thread_id = rustix::thread::gettid().as_raw_nonzero().get();
        // SAFETY: Reads `event`, and writes `timer`.
        let made = unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &mut event, &mut timer) };
        assert_eq!(made, 0, "timer_create");
        Self(timer)
    }

    /// Makes a call, during which the signal comes again and again.
    pub fn during<T>(&self, call: impl FnOnce() -> T) -> T {
        self.set(EVERY);
        let value = call();
        self.set(0);
        value
    }

    fn set(&self, every: i64) {
        let time = timespec {
            tv_sec: 0,
            tv_nsec: every,
        };
        let times = itimerspec {
            it_interval: time,
            it_value: time,
        };
        // SAFETY: The timer is there as long as this object; nothing is written.
        let set = unsafe { libc::timer_settime(self.0, 0, &times, ptr::null_mut()) };
        assert_eq!(set, 0, "timer_settime");
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        // SAFETY: The timer is this object's.
        unsafe { libc::timer_delete(self.0) };
    }
}
