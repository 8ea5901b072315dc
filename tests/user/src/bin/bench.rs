// SPDX-License-Identifier: GPL-2.0

//! What the fence costs, in instructions, what other ways to a value cost, and how long unbind takes.
//!
//! Meant for the lean kernel under QEMU's `-icount shift=0`, where a nanosecond of the guest's
//! clock is an instruction and every run counts the same.

use devscope_tests::{
    device::{open, Device},
    proc::calls,
    sleeper::Sleeper,
};
use devscope_uapi::bench::{measure, LOOPS};
use rustix::{
    fd::OwnedFd,
    fs::OFlags,
    ioctl::{ioctl, opcode, NoArg, Opcode},
    process::{getppid, setrlimit, Resource, Rlimit},
    time::{clock_gettime, ClockId},
};
use std::{hint::black_box, path::Path, process::ExitCode, sync::Arc, time::Duration};

/// Each operation is repeated this often in a round.
const PER_ROUND: u64 = 1000;
/// The median of this many rounds counts: a timer tick falls into some of them.
const ROUNDS: usize = 10;
/// What ours may cost more than the kernel crate's.
const LIMIT: f64 = 20.0;
/// What a sleepable access may cost, times what the same costs in C.
const ACCESS_LIMIT: f64 = 1.2;
/// An `ioctl()` that does nothing.
const NOTHING: Opcode = opcode::none(0xbe, 0x00);

fn main() -> ExitCode {
    let within = instructions();
    let cheap = accesses();
    let measured = unbind_times();
    match within && cheap && measured {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// The guest's clock, in nanoseconds.
fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The instructions that one `operation` takes.
fn cost(mut operation: impl FnMut()) -> f64 {
    (0..PER_ROUND).for_each(|_| operation());
    let mut rounds: Vec<u64> = (0..ROUNDS)
        .map(|_| {
            let start = now();
            (0..PER_ROUND).for_each(|_| operation());
            now() - start
        })
        .collect();
    rounds.sort();
    rounds[ROUNDS / 2] as f64 / PER_ROUND as f64
}

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

/// Prints the table of costs; whether ours are within the limit.
fn instructions() -> bool {
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
    let line = |name: &str, costs: &Costs| {
        let (read, ioctl) = (costs.read - kernel.read, costs.ioctl - kernel.ioctl);
        println!(
            "   {name:<24}{:>10.1}{read:>+10.1}{:>10.1}{ioctl:>+10.1}",
            costs.read, costs.ioctl
        );
    };
    line("kernel crate, no fence", &kernel);
    line("Devscope", &sync);
    let more = (sync.read - kernel.read).max(sync.ioctl - kernel.ioctl);
    if more > LIMIT {
        println!("\n   TOO MUCH: {more:.1} more than the kernel crate's, the limit is {LIMIT}");
    }
    more <= LIMIT
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
fn accesses() -> bool {
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
        "scope: an Attached in its data",
        &rust,
        2,
    ));
    line("scope: data() and the Attached in it, each time", &rust, 3);
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

/// Prints how long unbind takes; whether it always worked.
fn unbind_times() -> bool {
    println!("\nUnbind, in ms of the guest's clock (min / median / max of 5)\n");
    let loaded = |name: &&&str| Path::new("/sys/bus/pci/drivers").join(name).exists();
    let Some(driver) = ["testdev", "edu"].iter().find(loaded) else {
        println!("   neither testdev nor edu is loaded: not measured");
        return false;
    };
    let files = Rlimit {
        current: Some(4096),
        maximum: Some(4096),
    };
    setrlimit(Resource::Nofile, files).expect("setrlimit");
    let device = Device::get(driver, 0);
    times(&device, "no open file", || ());
    times(&device, "1,000 open files", || open_many(&device, 1000));
    times(&device, "100 sleeping readers", || sleep_many(&device, 100));
    true
}

fn open_many(device: &Device, count: usize) -> Vec<OwnedFd> {
    let node = device.node();
    (0..count)
        .map(|_| open(&node, OFlags::RDWR).expect("open"))
        .collect()
}

fn sleep_many(device: &Device, count: usize) -> Vec<Sleeper<bool>> {
    let fd = Arc::new(device.open(OFlags::RDONLY));
    let sleepers: Vec<_> = (0..count)
        .map(|_| {
            let fd = fd.clone();
            Sleeper::start("a reader", move || {
                rustix::io::read(fd, &mut [0; 4]).is_ok()
            })
        })
        .collect();
    sleepers
        .iter()
        .for_each(|sleeper| sleeper.wait_asleep(calls::READ));
    sleepers
}

/// Measures unbind with what `prepare` has made.
fn times<T>(device: &Device, what: &str, prepare: impl Fn() -> T) {
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let prepared = prepare();
            let (result, took) = device.try_unbind();
            result.expect("unbind");
            drop(prepared);
            device.bind();
            took
        })
        .collect();
    times.sort();
    let ms = |index: usize| times[index].as_secs_f64() * 1000.0;
    println!(
        "   {what:<24}{:>8.2} /{:>8.2} /{:>8.2}",
        ms(0),
        ms(2),
        ms(4)
    );
}
