// SPDX-License-Identifier: GPL-2.0

//! How much of the kernel's memory a client takes.
//!
//! `/proc/meminfo` counts it by the page: that of the slab allocator, which `kmalloc()` of any size is
//! part of, of `vmalloc()`, and of per-CPU variables. What thousands of clients more make of that,
//! divided by their number, is exact to a few bytes, however full the pages were before. The same
//! for `/dev/null` is what a file takes without a driver.

use super::{Subject, LIMIT};
use crate::table::{Line, Table};
use devscope_tests::{device::open, hurry::Hurry};
use rustix::{
    fd::OwnedFd,
    fs::OFlags,
    io::fcntl_dupfd_cloexec,
    process::{setrlimit, Resource, Rlimit},
};
use std::{fs, path::Path, thread::sleep, time::Duration};

/// So many fill what the allocator had in store.
const FIRST: usize = 1_000;
/// So many more count.
const MORE: usize = 4_000;
/// More descriptors than that are not needed at once.
const DESCRIPTORS: u64 = 8_192;
/// After that time an idle CPU has added what it counted to the system's counters.
const SETTLED: Duration = Duration::from_secs(3);

pub fn table(it: &Subject) -> Table {
    let files = Rlimit {
        current: Some(DESCRIPTORS),
        maximum: Some(DESCRIPTORS),
    };
    setrlimit(Resource::Nofile, files).expect("setrlimit");
    let null = || open(Path::new("/dev/null"), OFlags::RDWR).expect("open /dev/null");
    // The table of descriptors grows once.
    fcntl_dupfd_cloexec(null(), DESCRIPTORS as i32 - 1).expect("F_DUPFD");
    let file = each(null);
    let client = each(|| it.client());
    let lines = vec![
        Line::new("a file, of /dev/null", file),
        Line::new(
            "a client with room for 64 events, beyond its file",
            client - file,
        )
        .limit(LIMIT),
    ];
    Table::new("Memory, in bytes", 0, lines)
}

/// What each of many files takes.
fn each(open: impl Fn() -> OwnedFd) -> f64 {
    let mut files: Vec<OwnedFd> = Vec::with_capacity(FIRST + MORE);
    files.extend((0..FIRST).map(|_| open()));
    let before = used();
    files.extend((0..MORE).map(|_| open()));
    let bytes = used() - before;
    let _hurry = Hurry::new();
    drop(files);
    bytes as f64 / MORE as f64
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
