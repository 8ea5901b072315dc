// SPDX-License-Identifier: GPL-2.0

//! Many busy clients, on threads.

use super::Client;
use crate::{child::Child, session::Tally, sleeper::Sleeper, wait_until, HANG};
use std::{
    path::PathBuf,
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
        Arc, Mutex,
    },
    thread,
    time::Duration,
};

/// What all clients know.
#[derive(Default)]
struct Shared {
    nodes: Mutex<Vec<PathBuf>>,
    stop: AtomicBool,
    pause: AtomicBool,
    /// How many have closed their files for the pause.
    paused: AtomicUsize,
    /// How many things were done.
    done: AtomicUsize,
}

/// The clients.
pub struct Crowd {
    shared: Arc<Shared>,
    threads: Vec<Sleeper<(Tally, Option<String>)>>,
    /// Who gets all SIGIO.
    _listener: Child,
}

/// What came out altogether.
#[derive(Debug)]
pub struct Total {
    /// How often each outcome came.
    pub tally: Tally,
}

impl Total {
    /// How many things were done.
    pub fn count(&self) -> u64 {
        self.tally.values().sum()
    }

    /// How often something ended in one way, such as `read ok`.
    pub fn of(&self, what: &str) -> u64 {
        self.tally.get(what).copied().unwrap_or(0)
    }
}

impl Crowd {
    /// Starts so many. Every other one is patient, and sleeps in its reads.
    pub fn start(clients: usize) -> Self {
        // SIGIO does nothing to who has it ignored, and it is inherited.
        // SAFETY: No handler runs.
        unsafe { libc::signal(libc::SIGIO, libc::SIG_IGN) };
        let listener = Child::fork(|| loop {
            thread::sleep(Duration::from_secs(60));
        });
        let shared = Arc::new(Shared::default());
        let (ours, pid) = (shared.clone(), listener.pid());
        let start = |number: usize| {
            let shared = ours.clone();
            Sleeper::start("a client", move || run(&shared, number, pid))
        };
        Self {
            threads: (1..=clients).map(start).collect(),
            shared,
            _listener: listener,
        }
    }

    /// Whether one has ended, since something was not right.
    pub fn is_over(&self) -> bool {
        self.threads.iter().any(Sleeper::is_done)
    }

    /// Waits until they have done so many things more.
    ///
    /// # Panics
    ///
    /// If that takes too long.
    pub fn wait_for(&self, things: usize) {
        let goal = self.shared.done.load(Relaxed) + things;
        let done = || self.shared.done.load(Relaxed) >= goal || self.is_over();
        assert!(wait_until(HANG, done), "HANG: the clients do nothing");
    }

    /// From now on they open these nodes.
    pub fn set_nodes(&self, nodes: Vec<PathBuf>) {
        *self.shared.nodes.lock().unwrap() = nodes;
    }

    /// Has all of them close their files. Those that sleep in a read are waited for.
    ///
    /// # Panics
    ///
    /// If one does not.
    pub fn pause(&self) {
        self.shared.pause.store(true, Relaxed);
        let all = self.threads.len();
        let closed = wait_until(HANG, || {
            self.shared.paused.load(Relaxed) == all || self.is_over()
        });
        assert!(closed, "HANG: a client has not closed its file");
    }

    /// Has them go on.
    pub fn go_on(&self) {
        self.shared.pause.store(false, Relaxed);
    }

    /// Has them end; whoever sleeps in a read has to be told by the device.
    pub fn stop(&self) {
        self.shared.stop.store(true, Relaxed);
        self.go_on();
    }

    /// What came out, which must be right.
    ///
    /// # Panics
    ///
    /// If it is not, or if a client does not end.
    pub fn result(self) -> Total {
        let mut tally = Tally::new();
        for thread in self.threads {
            let (one, wrong) = thread.result();
            assert_eq!(wrong, None);
            for (what, count) in one {
                *tally.entry(what).or_default() += count;
            }
        }
        Total { tally }
    }
}

fn run(shared: &Shared, number: usize, listener: libc::pid_t) -> (Tally, Option<String>) {
    let mut client = Client::new(number.is_multiple_of(2), number as u64, listener);
    while !shared.stop.load(Relaxed) && client.session.all_right() {
        if shared.pause.load(Relaxed) {
            drop(client.session.take());
            shared.paused.fetch_add(1, Relaxed);
            while shared.pause.load(Relaxed) {
                thread::sleep(Duration::from_millis(1));
            }
            shared.paused.fetch_sub(1, Relaxed);
        }
        client.step(|| shared.nodes.lock().unwrap().clone());
        shared.done.fetch_add(1, Relaxed);
    }
    client.session.into_result()
}
