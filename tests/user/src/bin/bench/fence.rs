// SPDX-License-Identifier: GPL-2.0

//! What the fence costs, and what other ways to a value cost.

use crate::{
    clock::{cost, PER_ROUND, ROUNDS},
    limits::Limit,
};
use devscope_tests::device::open;
use devscope_uapi::bench::{measure, LOOPS};
use rustix::{
    fd::OwnedFd,
    fs::OFlags,
    ioctl::{ioctl, opcode, NoArg, Opcode},
    process::getppid,
};
use std::{hint::black_box, path::Path};

/// What ours may cost more than the kernel crate's.
const LIMIT: Limit = Limit {
    lean: 8.0,
    stock: 12.0,
};
/// What the fence of a C driver may cost more than none.
const C_LIMIT: Limit = Limit {
    lean: 25.0,
    stock: 30.0,
};
/// What a sleepable access may cost, times what the same costs in C.
const ACCESS_LIMIT: f64 = 1.2;
/// An `ioctl()` that does nothing.
const NOTHING: Opcode = opcode::none(0xbe, 0x00);

/// The costs of an empty `read()` and an empty `ioctl()` of a node.
struct Costs {
    read: f64,
    ioctl: f64,
}

impl Costs {
    /// Measures a node, if it is there.
    fn of(node: &str) -> Option<Self> {
        let fd = open(Path::new(node), OFlags::RDWR).ok()?;
        Some(Self {
            read: cost(|| {
                let mut byte = [0];
                let result = rustix::io::read(&fd, black_box(&mut byte));
                assert_eq!(result, Ok(0), "{node}");
            }),
            ioctl: cost(|| {
                // SAFETY: The command has no argument.
                let result = unsafe { ioctl(&fd, NoArg::<NOTHING>::new()) };
                assert_eq!(result, Ok(()), "{node}");
            }),
        })
    }
}

/// Prints a line of a table: what a node costs, and what that is more than `without`.
fn line(name: &str, costs: &Costs, without: &Costs) {
    let (read, ioctl) = (costs.read - without.read, costs.ioctl - without.ioctl);
    println!(
        "   {name:<24}{:>10.1}{read:>+10.1}{:>10.1}{ioctl:>+10.1}",
        costs.read, costs.ioctl
    );
}

/// Prints the table of what fences cost a C driver; whether ours is within the limit.
pub fn c_drivers() -> bool {
    println!(
        "\n   {:<24}{:>10}{:>10}{:>10}{:>10}",
        "empty body, in C", "read()", "more", "ioctl()", "more"
    );
    let costs = |name| Costs::of(&format!("/dev/bench-{name}-c"));
    let (Some(plain), Some(ours)) = (costs("plain"), costs("fence")) else {
        println!("   /dev/bench-plain-c or /dev/bench-fence-c is missing");
        return false;
    };
    line("no fence", &plain, &plain);
    line("misc_register_sync()", &ours, &plain);
    for name in ["mutex", "srcu", "rwsem"] {
        if let Some(costs) = costs(name) {
            line(&format!("{name} and a flag"), &costs, &plain);
        }
    }
    let more = (ours.read - plain.read).max(ours.ioctl - plain.ioctl);
    let limit = C_LIMIT.here();
    if more > limit {
        println!("\n   TOO MUCH: {more:.1} more than without, the limit is {limit}");
    }
    more <= limit
}

/// Prints the table of costs; whether ours are within the limit.
pub fn instructions() -> bool {
    println!("Instructions per system call ({PER_ROUND} calls, median of {ROUNDS} rounds)\n");
    let base = cost(|| _ = black_box(getppid()));
    println!("   {:<24}{base:>10.1}", "getppid()");
    let [kernel, sync] = ["kernel", "sync"].map(|name| Costs::of(&format!("/dev/bench-{name}")));
    let (Some(kernel), Some(sync)) = (kernel, sync) else {
        println!("   /dev/bench-kernel or /dev/bench-sync is missing");
        return false;
    };
    println!(
        "\n   {:<24}{:>10}{:>10}{:>10}{:>10}",
        "empty body", "read()", "more", "ioctl()", "more"
    );
    line("kernel crate, no fence", &kernel, &kernel);
    line("Devscope", &sync, &kernel);
    let more = (sync.read - kernel.read).max(sync.ioctl - kernel.ioctl);
    let limit = LIMIT.here();
    if more > limit {
        println!("\n   TOO MUCH: {more:.1} more than the kernel crate's, the limit is {limit}");
    }
    more <= limit
}

/// The instructions of way number `way` to a value, beyond the load itself.
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

/// Prints what it costs to reach a value that may be taken back; whether that is within the limits.
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
        "\n   may sleep, to C with the flag: {:.2} (limit {ACCESS_LIMIT}); to the bare pair: {:.2}",
        srcu / flag,
        srcu / pair
    );
    let within = scope < 0.5 && srcu <= flag * ACCESS_LIMIT;
    if !within {
        println!("   TOO MUCH: the limit under a scope is 0");
    }
    within
}
