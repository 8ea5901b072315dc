// SPDX-License-Identifier: GPL-2.0

//! Signals for one thread, to interrupt a call that would sleep without end.

use crate::signal::{handle, Then};
use libc::{itimerspec, timespec};
use std::{mem, ptr};

/// The period of the signal in nanoseconds. It is repeated since one may come before the call.
const EVERY: i64 = 3_000_000;

/// SIGALRM for the thread that created this.
pub struct Alarm(libc::timer_t);

impl Alarm {
    /// Creates the timer, for the calling thread.
    ///
    /// # Panics
    ///
    /// If that fails.
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

    /// Makes a call, and sends the signal repeatedly during it.
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
        // SAFETY: This object owns the timer; nothing is written.
        let set = unsafe { libc::timer_settime(self.0, 0, &times, ptr::null_mut()) };
        assert_eq!(set, 0, "timer_settime");
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        // SAFETY: This object owns the timer.
        unsafe { libc::timer_delete(self.0) };
    }
}
