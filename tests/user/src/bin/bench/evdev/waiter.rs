// SPDX-License-Identifier: GPL-2.0

//! A client that sleeps until there are events, on the same CPU as their sender.

use super::{ioctls, Subject, EVENT};
use crate::clock::now;
use devscope_tests::{events::poll_for, proc::calls, sleeper::Sleeper, HANG};
use libc::{c_long, sched_param, SCHED_FIFO};
use rustix::{
    event::PollFlags,
    fd::OwnedFd,
    fs::OFlags,
    io::read,
    thread::{sched_getaffinity, sched_setaffinity, CpuSet},
};
use std::sync::{
    atomic::{AtomicU64, Ordering},
    Arc,
};

/// Its scheduling policy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// The normal policy.
    Normal,
    /// Real-time: it preempts the task that woke it.
    RealTime,
}

/// Waits for events and reads them. Returns whether there were any.
type Next = fn(&OwnedFd) -> bool;

/// The client.
pub struct Waiter {
    client: Arc<OwnedFd>,
    had: Arc<AtomicU64>,
    sleeper: Sleeper<()>,
    calls: &'static [c_long],
    before: CpuSet,
}

impl Waiter {
    /// A client that sleeps in `read()`.
    pub fn reader(it: &Subject, urgency: Urgency) -> Self {
        Self::start(it.open(OFlags::RDWR), calls::READ, next_by_read, urgency)
    }

    /// A client that sleeps in `poll()`.
    pub fn poller(it: &Subject) -> Self {
        Self::start(it.client(), calls::POLL, next_by_poll, Urgency::Normal)
    }

    fn start(client: OwnedFd, calls: &'static [c_long], next: Next, urgency: Urgency) -> Self {
        let before = sched_getaffinity(None).expect("sched_getaffinity");
        let mut first = CpuSet::new();
        first.set(0);
        // The thread inherits it.
        sched_setaffinity(None, &first).expect("sched_setaffinity");
        let client = Arc::new(client);
        let had = Arc::new(AtomicU64::new(0));
        let (waits, tells) = (client.clone(), had.clone());
        let sleeper = Sleeper::start("a client", move || {
            if urgency == Urgency::RealTime {
                be_urgent();
            }
            while next(&waits) {
                tells.store(now(), Ordering::Relaxed);
            }
        });
        Self {
            client,
            had,
            sleeper,
            calls,
            before,
        }
    }

    /// Waits until it sleeps.
    pub fn wait_asleep(&self) {
        self.sleeper.wait_asleep(self.calls);
    }

    /// The time when it last read an event.
    pub fn had(&self) -> u64 {
        self.had.load(Ordering::Relaxed)
    }

    /// Revokes it, which ends it.
    pub fn end(self) {
        ioctls::revoke(&self.client);
        self.sleeper.result();
        sched_setaffinity(None, &self.before).expect("sched_setaffinity");
    }
}

fn next_by_read(client: &OwnedFd) -> bool {
    read(client, &mut [0; 64 * EVENT]).is_ok()
}

fn next_by_poll(client: &OwnedFd) -> bool {
    poll_for(client, PollFlags::IN, HANG);
    next_by_read(client)
}

/// Makes this a real-time thread.
fn be_urgent() {
    let param = sched_param { sched_priority: 1 };
    // SAFETY: `param` is a valid structure, which is only read.
    let result = unsafe { libc::sched_setscheduler(0, SCHED_FIFO, &param) };
    assert_eq!(result, 0, "sched_setscheduler");
}
