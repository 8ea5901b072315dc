// SPDX-License-Identifier: GPL-2.0

//! The cost of accessing a revocable value.

use crate::{clock::ROUNDS, figures::record};
use devscope_tests::device::open;
use devscope_uapi::bench::{measure, LOOPS};
use rustix::{fd::OwnedFd, fs::OFlags};
use std::path::Path;

/// The limit for a sleepable access, relative to its cost in C.
const LIMIT: f64 = 1.2;

/// The instructions of way number `way` to access a value, without the load itself.
fn access(fd: &OwnedFd, way: u64) -> f64 {
    let median = |way| {
        let mut rounds: Vec<u64> = (0..ROUNDS)
            .map(|_| measure(fd, way).expect("BENCH_MEASURE"))
            .collect();
        rounds.sort();
        rounds[ROUNDS / 2] as f64 / LOOPS as f64
    };
    median(way) - median(0)
}

/// Prints the cost of accessing a revocable value. Returns whether it is within the limits.
pub fn accesses() -> bool {
    println!("\nInstructions to reach a value, beyond its load ({LOOPS} times in the kernel)\n");
    let node = |name| open(Path::new(name), OFlags::RDWR);
    let (Ok(rust), Ok(c)) = (node("/dev/bench-access"), node("/dev/bench-c")) else {
        println!("   /dev/bench-access or /dev/bench-c is missing");
        return false;
    };
    let line = |what: &str, fd: &OwnedFd, way| {
        let cost = access(fd, way);
        println!("   {what:<52}{cost:>8.1}");
        record("access", what, "instructions", cost);
        cost
    };
    let scope = line("scope: a field of its data", &rust, 1).max(line(
        "scope: a BoundDevres in its data",
        &rust,
        2,
    ));
    line(
        "scope: data() and the BoundDevres in it, each time",
        &rust,
        3,
    );
    line("scope: data() and Devres::access(), each time", &rust, 4);
    let srcu = line("Revocable::try_access(), may sleep", &rust, 6);
    line("the kernel crate's Revocable, may not sleep", &rust, 5);
    let pair = line("C: srcu_read_lock_fast() and unlock", &c, 1);
    let flag = line("C: the same, and a flag between", &c, 2);
    line("C: down_read() and up_read()", &c, 3);
    line("Mutex::lock() and unlock", &rust, 7);
    line("Refcount::inc() and dec()", &rust, 8);
    println!(
        "\n   may sleep, to C with the flag: {:.2} (limit {LIMIT}); to the bare pair: {:.2}",
        srcu / flag,
        srcu / pair
    );
    let within = scope < 0.5 && srcu <= flag * LIMIT;
    if !within {
        println!("   TOO MUCH: the limit under a scope is 0");
    }
    within
}
