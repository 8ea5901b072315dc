// SPDX-License-Identifier: GPL-2.0

//! How long interrupts are disabled during unplug of a device with many open files.

use crate::{figures::record, slab::allow_files};
use devscope_tests::device::open;
use devscope_uapi::bench::late;
use rustix::fs::OFlags;
use std::{fs, path::Path};

/// More files than a process usually has.
const MANY: usize = 10_000;
/// The limit in nanoseconds. A timer tick, which may come first, takes 5,000.
const LIMIT: u64 = 20_000;

/// Prints the times with one file and with many. Returns whether they are bounded.
pub fn interrupts_disabled() -> bool {
    println!("\nInstructions with interrupts disabled, at unbind, at most\n");
    let driver = Path::new("/sys/bus/pci/drivers/bench");
    let mut devices = fs::read_dir(driver).into_iter().flatten().flatten();
    let device = devices.find(|it| it.file_name().to_string_lossy().contains(':'));
    let Some(device) = device.map(|it| it.file_name().into_encoded_bytes()) else {
        println!("   bench is not bound");
        return false;
    };
    allow_files(MANY + 100);
    let node = || open(Path::new("/dev/bench-late"), OFlags::RDWR).expect("open");
    let longest = |count| {
        late(node()).expect("BENCH_LATE");
        let files: Vec<_> = (0..count).map(|_| node()).collect();
        fs::write(driver.join("unbind"), &device).expect("unbind");
        drop(files);
        fs::write(driver.join("bind"), &device).expect("bind");
        late(node()).expect("BENCH_LATE")
    };
    let [one, many] = [1, MANY].map(longest);
    println!("   1 open file {one}, {MANY} open files {many}");
    record(
        "interrupts disabled",
        "1 open file",
        "instructions",
        one as f64,
    );
    record(
        "interrupts disabled",
        "10,000 open files",
        "instructions",
        many as f64,
    );
    let within = many <= LIMIT;
    if !within {
        println!("   TOO MUCH: the limit is {LIMIT}");
    }
    within
}
