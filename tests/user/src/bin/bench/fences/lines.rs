// SPDX-License-Identifier: GPL-2.0

//! How many cache lines a call writes that another CPU writes in the same call, on its own file:
//! lines that would move between the caches of a real machine.
//!
//! A plugin of the emulator counts them: `tools/vm/plugin/lines.c`. So this records the number of
//! the span that the plugin has observed, and the host replaces it by the count
//! (`tools/vm/src/bench/shared.rs`).

use super::{
    calls::{calls, CALLS, OF_KERNEL_CRATE},
    Meeting, Modules, FENCES,
};
use crate::figures::record;
use devscope_tests::{cpus::stay_on, device::open, pages::Pages};
use rustix::{fd::OwnedFd, fs::OFlags};
use std::{
    path::Path,
    sync::{Barrier, Mutex},
    thread,
};

const TABLE: &str = "shared lines written";
/// How often each CPU makes an operation.
const OPERATIONS: usize = 1000;
/// The operations before the count starts: by then, rarely used lines are in use.
const FIRST: usize = 20;
const CPUS: usize = 2;

/// The page that tells the plugin what to do, and its words.
const PAGE: usize = 0x5de5_c0de_0000;
const CLEAR: usize = 0x00;
const START: [usize; CPUS] = [0x08, 0x10];
const STOP: usize = 0x18;
const REPORT: usize = 0x20;

/// The connection to the plugin.
struct Watcher {
    page: Pages,
    spans: usize,
}

impl Watcher {
    fn new() -> Self {
        let page = Pages::fixed(PAGE, 1);
        page.set(0x100, &[0]);
        Self { page, spans: 0 }
    }

    fn tell(&self, what: usize) {
        self.page.set(what, &[1]);
    }

    /// The number of the span in which two CPUs make call number `call`, each on its own file.
    fn span(&mut self, open: &(dyn Fn() -> OwnedFd + Sync), call: usize) -> usize {
        self.tell(CLEAR);
        let files: [OwnedFd; CPUS] = std::array::from_fn(|_| open());
        // One after the other. Both exist to the end, so that none reuses the other's stack.
        let (turn, both) = (Mutex::new(()), Barrier::new(CPUS));
        let work = |cpu: usize| {
            let _both = Meeting(&both);
            stay_on(cpu);
            let call = &calls(&files[cpu])[call];
            let _turn = turn.lock();
            (0..FIRST).for_each(|_| call());
            self.tell(START[cpu]);
            (0..OPERATIONS).for_each(|_| call());
            self.tell(STOP);
        };
        thread::scope(|threads| {
            for cpu in 0..CPUS {
                let work = &work;
                threads.spawn(move || work(cpu));
            }
        });
        self.tell(REPORT);
        self.spans += 1;
        self.spans - 1
    }

    /// Records the first `count` calls of a driver.
    fn record(&mut self, what: &str, count: usize, open: &(dyn Fn() -> OwnedFd + Sync)) {
        for (index, call) in CALLS.iter().enumerate().take(count) {
            let span = self.span(open, index);
            record(TABLE, what, call, span as f64);
        }
    }
}

/// Makes the plugin observe all fences. The host knows the limits.
pub fn shared_lines() -> bool {
    let _modules = Modules::load();
    let mut watcher = Watcher::new();
    let of_crate =
        || open(Path::new("/dev/bench-kernel"), OFlags::RDWR).expect("/dev/bench-kernel");
    watcher.record("no fence, kernel crate", OF_KERNEL_CRATE, &of_crate);
    for fence in FENCES {
        watcher.record(fence.what, CALLS.len(), &|| fence.open());
    }
    true
}
