// SPDX-License-Identifier: GPL-2.0

//! Measures kernel memory.
//!
//! `/proc/meminfo` counts pages: of the slab allocator, which includes `kmalloc()` of any size, of
//! `vmalloc()`, and of per-CPU variables. The increase for thousands of objects, divided by their
//! number, is exact to a few bytes, however full the pages were before.

use devscope_tests::hurry::Hurry;
use rustix::{
    fd::OwnedFd,
    io::fcntl_dupfd_cloexec,
    process::{setrlimit, Resource, Rlimit},
};
use std::{fs, thread::sleep, time::Duration};

/// The number of files that use up the free objects of the allocator.
const FIRST: usize = 1_000;
/// The number of further files, which are measured.
const MORE: usize = 4_000;
/// The largest number of descriptors at a time.
const DESCRIPTORS: usize = 8_192;
/// After this time, an idle CPU has added its counts to the system's counters.
const SETTLED: Duration = Duration::from_secs(3);

/// Allows this process to open `count` files.
pub fn allow_files(count: usize) {
    let files = Rlimit {
        current: Some(count as u64),
        maximum: Some(count as u64),
    };
    setrlimit(Resource::Nofile, files).expect("setrlimit");
}

/// The bytes that an open file takes, including the driver's memory.
pub fn of_file(open: impl Fn() -> OwnedFd) -> f64 {
    allow_files(DESCRIPTORS);
    // Makes the descriptor table grow before the measurement.
    fcntl_dupfd_cloexec(open(), DESCRIPTORS as i32 - 1).expect("F_DUPFD");
    let mut files: Vec<OwnedFd> = Vec::with_capacity(FIRST + MORE);
    files.extend((0..FIRST).map(|_| open()));
    let bytes = of(|| files.extend((0..MORE).map(|_| open())));
    let _hurry = Hurry::new();
    drop(files);
    bytes / MORE as f64
}

/// The bytes that `make` takes.
pub fn of(make: impl FnOnce()) -> f64 {
    let before = used();
    make();
    (used() - before) as f64
}

/// The bytes that are in use.
fn used() -> i64 {
    sleep(SETTLED);
    let text = fs::read_to_string("/proc/meminfo").expect("/proc/meminfo");
    let kib = |name: &str| -> i64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let value = line.and_then(|line| line.trim().strip_suffix(" kB"));
        value.and_then(|it| it.parse().ok()).expect("a number")
    };
    (kib("Slab:") + kib("VmallocUsed:") + kib("Percpu:")) * 1024
}
