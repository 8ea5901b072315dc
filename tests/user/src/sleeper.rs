// SPDX-License-Identifier: GPL-2.0

//! A thread that sleeps in a system call: this is verified, and all waits have a limit.

use crate::{pace, proc, HANG};
use libc::{c_long, pid_t};
use std::{
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

/// A thread that makes a call that sleeps. If it is leaked, the test program still exits.
pub struct Sleeper<T> {
    what: &'static str,
    tid: pid_t,
    result: Receiver<T>,
}

impl<T: Send + 'static> Sleeper<T> {
    /// Starts a thread that runs `call`, and does not wait for it to sleep.
    pub fn start(what: &'static str, call: impl FnOnce() -> T + Send + 'static) -> Self {
        let (tell_tid, tid) = mpsc::channel();
        let (tell, result) = mpsc::channel();
        thread::spawn(move || {
            let _ = tell_tid.send(rustix::thread::gettid().as_raw_nonzero().get());
            let _ = tell.send(call());
        });
        let tid = tid.recv().expect("a thread that starts");
        Self { what, tid, result }
    }

    /// Starts a thread that runs `call`, and returns when it sleeps in one of the system calls.
    pub fn asleep(
        what: &'static str,
        calls: &[c_long],
        call: impl FnOnce() -> T + Send + 'static,
    ) -> Self {
        let sleeper = Self::start(what, call);
        sleeper.wait_asleep(calls);
        sleeper
    }

    /// Waits until the thread sleeps in one of the system calls.
    pub fn wait_asleep(&self, calls: &[c_long]) {
        let asleep = proc::wait_asleep_in(own_pid(), &[self.tid], calls);
        assert!(asleep, "{} does not sleep in its call", self.what);
    }

    /// Whether the thread still sleeps in one of the system calls.
    pub fn is_asleep(&self, calls: &[c_long]) -> bool {
        proc::asleep_in(own_pid(), &[self.tid], calls)
    }

    /// Whether the call has returned and the thread has ended.
    pub fn is_done(&self) -> bool {
        let task = format!("/proc/self/task/{}", self.tid);
        !std::path::Path::new(&task).exists()
    }

    /// Sends the thread a signal.
    pub fn signal(&self, signal: i32) {
        crate::signal::send_to_thread(self.tid, signal);
    }

    /// Waits until the call returns, which must happen soon. Returns its result.
    pub fn result(self) -> T {
        self.result_within(HANG)
    }

    /// The same within `limit`, or longer on a slow machine.
    pub fn result_within(&self, limit: Duration) -> T {
        let soon = self.result.recv_timeout(limit);
        let result = soon.or_else(|why| match why {
            RecvTimeoutError::Timeout => self.result.recv_timeout(pace::stretched(limit) - limit),
            ended => Err(ended),
        });
        match result {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => {
                panic!("HANG: {} has not returned after {limit:?}", self.what)
            }
            Err(RecvTimeoutError::Disconnected) => panic!("{} panicked", self.what),
        }
    }
}

/// Waits until all the threads sleep in one of the system calls.
pub fn wait_all_asleep<T>(sleepers: &[Sleeper<T>], calls: &[c_long]) {
    let tids: Vec<_> = sleepers.iter().map(|it| it.tid).collect();
    let asleep = proc::wait_asleep_in(own_pid(), &tids, calls);
    assert!(asleep, "not all of {} sleep in their calls", tids.len());
}

fn own_pid() -> pid_t {
    rustix::process::getpid().as_raw_nonzero().get()
}
