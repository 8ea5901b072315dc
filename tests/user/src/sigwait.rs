// SPDX-License-Identifier: GPL-2.0

//! Blocked signals, read by `signalfd()` with their `siginfo`.

use crate::events::poll_for;
use libc::{c_int, signalfd_siginfo};
use rustix::{
    event::PollFlags,
    fd::{FromRawFd, OwnedFd},
    io::read,
};
use std::{mem, ptr, time::Duration};

/// A pending signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Its number.
    pub number: i32,
    /// `si_code`.
    pub code: i32,
    /// `si_fd`.
    pub fd: i32,
    /// `si_band`.
    pub band: u32,
}

/// Signals that are blocked from now on, in this thread and the threads that it creates.
pub struct Signals(OwnedFd);

impl Signals {
    /// Blocks `numbers`.
    ///
    /// # Panics
    ///
    /// If there are no such signals.
    pub fn block(numbers: &[c_int]) -> Self {
        // SAFETY: All zeros are a valid `sigset_t`.
        let mut set: libc::sigset_t = unsafe { mem::zeroed() };
        for &number in numbers {
            // SAFETY: `set` is a valid set.
            let added = unsafe { libc::sigaddset(&mut set, number) };
            assert_eq!(added, 0, "signal {number}");
        }
        // SAFETY: `set` is a valid set; the old one is not returned.
        let blocked = unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &set, ptr::null_mut()) };
        assert_eq!(blocked, 0, "pthread_sigmask");
        // SAFETY: `set` is a valid set.
        let fd = unsafe { libc::signalfd(-1, &set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
        assert!(fd >= 0, "signalfd");
        // SAFETY: `signalfd()` created the descriptor, and nothing else owns it.
        Self(unsafe { OwnedFd::from_raw_fd(fd) })
    }

    /// Waits for the next signal. Returns none after `limit`.
    ///
    /// # Panics
    ///
    /// If `signalfd()` does not return a whole signal.
    pub fn next(&self, limit: Duration) -> Option<Signal> {
        if poll_for(&self.0, PollFlags::IN, limit).is_empty() {
            return None;
        }
        let mut bytes = [0; size_of::<signalfd_siginfo>()];
        let len = read(&self.0, &mut bytes).expect("a signal");
        assert_eq!(len, bytes.len(), "part of a signal");
        // SAFETY: The sizes are equal, and the structure is valid with any bytes.
        let info: signalfd_siginfo = unsafe { mem::transmute(bytes) };
        Some(Signal {
            number: info.ssi_signo as i32,
            code: info.ssi_code,
            fd: info.ssi_fd,
            band: info.ssi_band,
        })
    }

    /// All pending signals.
    pub fn now(&self) -> Vec<Signal> {
        std::iter::from_fn(|| self.next(Duration::ZERO)).collect()
    }
}
