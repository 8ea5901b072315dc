// SPDX-License-Identifier: GPL-2.0

//! How much of the kernel's memory something takes.
//!
//! `/proc/meminfo` counts it by the page: that of the slab allocator, which `kmalloc()` of any size is
//! part of, of `vmalloc()`, and of per-CPU variables. What thousands of things more make of that,
//! divided by their number, is exact to a few bytes, however full the pages were before.

use devscope_tests::hurry::Hurry;
use rustix::{
    fd::OwnedFd,
    io::fcntl_dupfd_cloexec,
    process::{setrlimit, Resource, Rlimit},
};
use std::{fs, thread::sleep, time::Duration};

/// So many files fill what the allocator had in store.
const FIRST: usize = 1_000;
/// So many more count.
const MORE: usize = 4_000;
/// More descriptors than that are not needed at once.
const DESCRIPTORS: usize = 8_192;
/// After that time an idle CPU has added what it counted to the system's counters.
const SETTLED: Duration = Duration::from_secs(3);

/// Lets this process have so many files.
pub fn allow_files(count: usize) {
    let files = Rlimit {
        current: Some(count as u64),
        maximum: Some(count as u64),
    };
    setrlimit(Resource::Nofile, files).expect("setrlimit");
}

/// The bytes that a file takes, what is behind it included.
pub fn of_file(open: impl Fn() -> OwnedFd) -> f64 {
    allow_files(DESCRIPTORS);
    // The table of descriptors grows once.
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
