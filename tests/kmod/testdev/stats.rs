// SPDX-License-Identifier: GPL-2.0

//! Counts since the module was loaded: `struct testdev_stats`.

use devscope::prelude::*;
use kernel::{
    prelude::*,
    sync::atomic::{Atomic, Relaxed}, //
};

pub(crate) struct Stats {
    pub(crate) opens: Atomic<u64>,
    pub(crate) disconnects: Atomic<u64>,
    pub(crate) drops: Atomic<u64>,
    pub(crate) wakes: Atomic<u64>,
    pub(crate) calls: Atomic<u64>,
    pub(crate) sweeps: Atomic<u64>,
}

pub(crate) static STATS: Stats = Stats {
    opens: Atomic::new(0),
    disconnects: Atomic::new(0),
    drops: Atomic::new(0),
    wakes: Atomic::new(0),
    calls: Atomic::new(0),
    sweeps: Atomic::new(0),
};

#[derive(IntoBytes, Immutable)]
#[repr(C)]
pub(crate) struct Snapshot {
    opens: u64,
    disconnects: u64,
    drops: u64,
    wakes: u64,
    calls: u64,
    sweeps: u64,
}

impl Stats {
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            opens: self.opens.load(Relaxed),
            disconnects: self.disconnects.load(Relaxed),
            drops: self.drops.load(Relaxed),
            wakes: self.wakes.load(Relaxed),
            calls: self.calls.load(Relaxed),
            sweeps: self.sweeps.load(Relaxed),
        }
    }
}
