// SPDX-License-Identifier: GPL-2.0

//! A forked process, with a limit on how long it may live.

use crate::{proc, wait_until, HANG};
use libc::{c_int, c_long, pid_t};
use std::panic::{catch_unwind, AssertUnwindSafe};

/// How a [`Child`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By `exit()` with this code; 101 is a panic.
    Exit(c_int),
    /// By this signal.
    Signal(c_int),
}

/// A process that inherits everything and runs one closure. Killed when dropped.
pub struct Child {
    pid: pid_t,
    end: Option<End>,
}

impl Child {
    /// Forks. The child runs `body` and exits with its result.
    pub fn fork(body: impl FnOnce() -> c_int) -> Self {
        // SAFETY: glibc makes malloc() usable in the child; the child touches no other lock, since
        // the tests fork from the only thread that runs test code.
        let pid = unsafe { libc::fork() };
        assert!(pid >= 0, "fork fails");
        if pid == 0 {
            let code = catch_unwind(AssertUnwindSafe(body)).unwrap_or(101);
            // SAFETY: Ends the process without running the parent's exit handlers.
            unsafe { libc::_exit(code) };
        }
        Self { pid, end: None }
    }

    /// Its process id.
    pub fn pid(&self) -> pid_t {
        self.pid
    }

    /// Waits until it sleeps in one of the system calls.
    pub fn wait_asleep(&self, calls: &[c_long]) {
        let asleep = proc::wait_asleep_in(self.pid, &[self.pid], calls);
        assert!(asleep, "the child does not sleep in its call");
    }

    /// Whether it still sleeps in one of the system calls.
    pub fn is_asleep(&self, calls: &[c_long]) -> bool {
        proc::asleep_in(self.pid, &[self.pid], calls)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: c_int) {
        // SAFETY: Takes no pointers. The child is not reaped yet, so the id is still its own.
        unsafe { libc::kill(self.pid, signal) };
    }

    fn try_reap(&mut self) -> bool {
        let mut status = 0;
        // SAFETY: `status` is a valid place to write to.
        let reaped = self.end.is_none()
            && unsafe { libc::waitpid(self.pid, &mut status, libc::WNOHANG) } == self.pid;
        if reaped {
            self.end = Some(match libc::WIFSIGNALED(status) {
                true => End::Signal(libc::WTERMSIG(status)),
                false => End::Exit(libc::WEXITSTATUS(status)),
            });
        }
        self.end.is_some()
    }

    /// Waits until it ends, which must happen soon. Returns how.
    pub fn wait(mut self) -> End {
        let ended = wait_until(HANG, || self.try_reap());
        assert!(ended, "HANG: the child has not ended after {HANG:?}");
        self.end.unwrap()
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.end.is_none() {
            self.signal(libc::SIGKILL);
            wait_until(HANG, || self.try_reap());
        }
    }
}
