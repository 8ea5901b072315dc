// SPDX-License-Identifier: GPL-2.0

//! Signals that wait to be taken, with what they say.

use crate::events::poll_for;
use libc::{c_int, signalfd_siginfo};
use rustix::{
    event::PollFlags,
    fd::{FromRawFd, OwnedFd},
    io::read,
};
use std::{mem, ptr, time::Duration};

/// A signal that has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    /// Which.
    pub number: i32,
    /// `si_code`.
    pub code: i32,
    /// `si_fd`.
    pub fd: i32,
    /// `si_band`.
    pub band: u32,
}

/// Signals that are blocked in this thread, and those that it makes, from now on.
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
        // SAFETY: `set` is a valid set; the old one is not wanted.
        let blocked = unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &set, ptr::null_mut()) };
        assert_eq!(blocked, 0, "pthread_sigmask");
        // SAFETY: `set` is a valid set.
        let fd = unsafe { libc::signalfd(-1, &set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
        assert!(fd >= 0, "signalfd");
        // SAFETY: It is nobody else's.
        Self(unsafe { OwnedFd::from_raw_fd(fd) })
    }

    /// The next one to come, or none when `limit` is over.
    ///
    /// # Panics
    ///
    /// If a signal is not what `signalfd()` says it is.
    pub fn next(&self, limit: Duration) -> Option<Signal> {
        if poll_for(&self.0, PollFlags::IN, limit).is_empty() {
            return None;
        }
        let mut bytes = [0; size_of::<signalfd_siginfo>()];
        let len = read(&self.0, &mut bytes).expect("a signal");
        assert_eq!(len, bytes.len(), "part of a signal");
        // SAFETY: It has this size, and any bytes are a valid one.
        let info: signalfd_siginfo = unsafe { mem::transmute(bytes) };
        Some(Signal {
            number: info.ssi_signo as i32,
            code: info.ssi_code,
            fd: info.ssi_fd,
            band: info.ssi_band,
        })
    }

    /// All that are there now.
    pub fn now(&self) -> Vec<Signal> {
        std::iter::from_fn(|| self.next(Duration::ZERO)).collect()
    }
}
