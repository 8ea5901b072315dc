// SPDX-License-Identifier: GPL-2.0

//! The cost of a call behind each fence.

use super::{
    calls::{calls, CALLS, OF_KERNEL_CRATE, QUEUED},
    Fence, Modules, FENCES, NONE, OURS, OURS_IN_C,
};
use crate::{
    clock::{cost, PER_ROUND, ROUNDS},
    figures::record,
    limits::Limit,
};
use devscope_tests::device::open;
use rustix::{fd::OwnedFd, fs::OFlags, process::getppid};
use std::{hint::black_box, path::Path};

const TABLE: &str = "instructions";
const MORE: &str = "instructions more than without a fence";
/// The limit for ours, minus the kernel crate's.
const LIMIT: Limit = Limit {
    lean: 8.0,
    stock: 12.0,
};
/// The limit for the fence of a C driver, minus no fence, in `read()` and `ioctl()`.
const C_LIMIT: Limit = Limit {
    lean: 25.0,
    stock: 30.0,
};
/// The same in `poll()`, which also has to test whether the caller waits.
const C_LIMIT_POLL: Limit = Limit {
    lean: 30.0,
    stock: 40.0,
};
/// Smaller differences are ignored: they are remainders of timer ticks.
const NOISE: f64 = 0.5;
/// The costs of the calls on a node, in the order of [`CALLS`].
type Costs = [Option<f64>; CALLS.len()];

/// Measures the first `count` calls.
fn costs(file: &OwnedFd, count: usize) -> Costs {
    let mut costs = [None; CALLS.len()];
    for (cost_of, call) in costs.iter_mut().zip(calls(file)).take(count) {
        *cost_of = Some(cost(call));
    }
    costs
}

/// `costs` minus `without`.
fn more(costs: &Costs, without: &Costs) -> Costs {
    let mut more = *costs;
    for (more, without) in more.iter_mut().zip(without) {
        *more = more.zip(*without).map(|(it, other)| it - other);
    }
    more
}

/// Rounds to a tenth: the rest is a remainder of timer ticks.
fn tenth(cost: f64) -> f64 {
    (cost * 10.0).round() / 10.0
}

/// Prints a line of the table.
fn line(what: &str, costs: &Costs, without: &Costs) {
    let more = more(costs, without);
    let mut text = format!("   {what:<32}");
    for ((call, cost), more) in CALLS.iter().zip(costs).zip(more) {
        match cost.zip(more) {
            Some((cost, more)) => {
                record(TABLE, what, call, tenth(cost));
                record(MORE, what, call, tenth(more));
                text += &format!("{cost:>9.1}{more:>+7.1}");
            }
            None => text += &format!("{:>16}", "-"),
        }
    }
    println!("{text}");
}

/// Prints the table. Returns whether ours are within their limits.
pub fn instructions() -> bool {
    println!("Instructions per system call ({PER_ROUND} calls, median of {ROUNDS} rounds)\n");
    let base = cost(|| _ = black_box(getppid()));
    println!("   {:<32}{base:>9.1}\n", "getppid()");
    let _modules = Modules::load();
    let kernel = match open(Path::new("/dev/bench-kernel"), OFlags::RDWR) {
        Ok(file) => costs(&file, OF_KERNEL_CRATE),
        Err(e) => {
            println!("   /dev/bench-kernel: {e}");
            return false;
        }
    };
    let all: Vec<(Fence, Costs)> = FENCES
        .iter()
        .map(|&fence| (fence, costs(&fence.open(), CALLS.len())))
        .collect();
    let of = |wanted| {
        all.iter()
            .find(|(fence, _)| *fence == wanted)
            .expect("it")
            .1
    };
    let none = of(NONE);
    let mut head = format!("   {:<32}", "empty body, and more than without");
    CALLS.iter().for_each(|call| head += &format!("{call:>16}"));
    println!("{head}");
    line("no fence, kernel crate", &kernel, &none);
    all.iter()
        .for_each(|(fence, costs)| line(fence.what, costs, &none));
    let rest: Vec<_> = all
        .iter()
        .filter(|(it, _)| ![NONE, OURS].contains(it))
        .collect();
    let (in_rust, in_c) = (more(&of(OURS), &kernel), more(&of(OURS_IN_C), &none));
    [
        within("Devscope, Rust, than the kernel crate", &in_rust, LIMIT),
        within("Devscope, C, than no fence", &in_c[..2], C_LIMIT),
        within(
            "poll of Devscope, C, than no fence",
            &in_c[2..3],
            C_LIMIT_POLL,
        ),
        fewest(&of(OURS), &rest),
    ] == [true; 4]
}

/// Whether none of `more` is above the limit.
fn within(what: &str, more: &[Option<f64>], limit: Limit) -> bool {
    let most = more.iter().flatten().copied().fold(0.0, f64::max);
    let limit = limit.here();
    if most > limit {
        println!("\n   TOO MUCH: {what}: {most:.1} more, the limit is {limit}");
    }
    most <= limit
}

/// Whether ours takes no more than any other fence that protects. For a call that puts the caller
/// on a queue, only fences that wake it at unplug protect.
fn fewest(ours: &Costs, others: &[&(Fence, Costs)]) -> bool {
    let mut fewest = true;
    for (index, call) in CALLS.iter().enumerate() {
        for (fence, costs) in others {
            if index == QUEUED && !fence.wakes {
                continue;
            }
            let less = costs[index]
                .zip(ours[index])
                .is_some_and(|(it, ours)| it < ours - NOISE);
            if less {
                println!("\n   TOO MUCH: {call}: {} takes less than ours", fence.what);
            }
            fewest &= !less;
        }
    }
    fewest
}
