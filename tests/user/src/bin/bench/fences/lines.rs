// SPDX-License-Identifier: GPL-2.0

//! How many cache lines a call writes that another CPU writes in the same call, with a file of its
//! own: what the processors of a real machine would have to send each other.
//!
//! The emulator sees it: `tools/vm/plugin/lines.c`. So what is recorded here is the number of the
//! span in which it looked, and the host puts there what it saw (`tools/vm/src/bench/shared.rs`).

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
/// So often each CPU does an operation.
const OPERATIONS: usize = 1000;
/// What is in use after so many that is only sometimes.
const FIRST: usize = 20;
const CPUS: usize = 2;

/// The page by which the plugin is told, and the words of it.
const PAGE: usize = 0x5de5_c0de_0000;
const CLEAR: usize = 0x00;
const START: [usize; CPUS] = [0x08, 0x10];
const STOP: usize = 0x18;
const REPORT: usize = 0x20;

/// Who looks at what is written.
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

    /// The number of the span in which two CPUs make call number `call`, each with a file of its own.
    fn span(&mut self, open: &(dyn Fn() -> OwnedFd + Sync), call: usize) -> usize {
        self.tell(CLEAR);
        let files: [OwnedFd; CPUS] = std::array::from_fn(|_| open());
        // One after the other; and both are there to the end, so that none has the other's stack.
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

    /// Looks at the first `count` calls of a driver.
    fn record(&mut self, what: &str, count: usize, open: &(dyn Fn() -> OwnedFd + Sync)) {
        for (index, call) in CALLS.iter().enumerate().take(count) {
            let span = self.span(open, index);
            record(TABLE, what, call, span as f64);
        }
    }
}

/// Has the plugin look at all fences. The host knows what there should be.
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
