// SPDX-License-Identifier: GPL-2.0

//! Signals with a handler that only counts.

use libc::{c_int, pid_t};
use std::{
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
    /// `SA_RESTART`: it starts over.
    Restart,
    /// It fails with EINTR.
    Fail,
}

/// Has `signal` counted from now on.
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

/// Sends `signal` to a thread of this process; one that is gone already is fine.
pub fn send_to_thread(tid: pid_t, signal: c_int) {
    // SAFETY: Takes no pointers.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), tid, signal) };
}
