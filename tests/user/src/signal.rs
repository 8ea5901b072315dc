// SPDX-License-Identifier: GPL-2.0

//! Signals with a handler that only counts them.

use libc::{c_int, pid_t};
use rustix::fd::{AsFd, AsRawFd};
use std::{
    fmt::Write,
    mem, ptr,
    sync::atomic::{AtomicUsize, Ordering},
};

static HANDLED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_signal: c_int) {
    HANDLED.fetch_add(1, Ordering::SeqCst);
}

/// What happens to a call that a signal interrupts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// `SA_RESTART`: it is restarted.
    Restart,
    /// It fails with EINTR.
    Fail,
}

/// Counts `signal` from now on.
pub fn handle(signal: c_int, then: Then) {
    // SAFETY: All zeros are a valid `sigaction`.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = count as extern "C" fn(c_int) as usize;
    action.sa_flags = match then {
        Then::Restart => libc::SA_RESTART,
        Then::Fail => 0,
    };
    // SAFETY: The handler only adds to an atomic, which is safe in any context.
    let result = unsafe { libc::sigaction(signal, &action, ptr::null_mut()) };
    assert_eq!(result, 0, "sigaction fails");
}

/// How many signals were handled since the program started.
pub fn handled() -> usize {
    HANDLED.load(Ordering::SeqCst)
}

/// Sends `signal` to a thread of this process, which may have exited.
pub fn send_to_thread(tid: pid_t, signal: c_int) {
    // SAFETY: Takes no pointers.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), tid, signal) };
}

/// `F_SETSIG`, `F_SETOWN_EX` and its `F_OWNER_TID`.
const SET_SIGNAL: c_int = 10;
const SET_OWNER: c_int = 15;
const OWNER_THREAD: c_int = 0;

/// Blocked signals of the thread that created this.
#[derive(Debug)]
pub struct Pending(libc::sigset_t);

impl Pending {
    /// Blocks `signals` for the calling thread.
    pub fn block(signals: &[c_int]) -> Self {
        // SAFETY: All zeros are a valid set, and only the set is written.
        let set = unsafe {
            let mut set = mem::zeroed();
            libc::sigemptyset(&mut set);
            for signal in signals {
                libc::sigaddset(&mut set, *signal);
            }
            libc::pthread_sigmask(libc::SIG_BLOCK, &set, ptr::null_mut());
            set
        };
        Self(set)
    }

    /// Makes an asynchronous file send this signal, to the calling thread.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn own(&self, file: impl AsFd, signal: c_int) {
        let fd = file.as_fd().as_raw_fd();
        let owner = [
            OWNER_THREAD,
            rustix::thread::gettid().as_raw_nonzero().get(),
        ];
        // SAFETY: The kernel only reads the two numbers of the owner.
        let result = unsafe {
            libc::fcntl(fd, SET_SIGNAL, signal) | libc::fcntl(fd, SET_OWNER, owner.as_ptr())
        };
        assert_eq!(result, 0, "fcntl fails");
    }

    /// Takes the pending signals, as text: each reason (`POLL_IN`, `POLL_HUP`), and how often.
    pub fn take(&self) -> String {
        let now = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let mut text = String::new();
        let mut last = (0, 0);
        loop {
            // SAFETY: All zeros are a valid `siginfo_t`, which is written.
            let (signal, info) = unsafe {
                let mut info: libc::siginfo_t = mem::zeroed();
                (libc::sigtimedwait(&self.0, &mut info, &now), info)
            };
            let next = (signal, info.si_code);
            if last.0 > 0 && (next != last || signal < 0) {
                write!(text, " signal {} reason {}", last.0, last.1).expect("a string has room");
            }
            if signal < 0 {
                return text;
            }
            last = next;
        }
    }
}
