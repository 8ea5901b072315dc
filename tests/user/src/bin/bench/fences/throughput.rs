// SPDX-License-Identifier: GPL-2.0

//! How many calls 1, 2 and 4 CPUs make behind each fence, relative to the driver without one. Each
//! CPU has its own file.
//!
//! An emulated machine has no caches: it does not show the cost of a lock or a count that several
//! CPUs write.

use super::{
    calls::{calls, CALLS, OF_KERNEL_CRATE},
    Fence, Modules, FENCES, NONE,
};
use crate::figures::record;
use devscope_tests::cpus;
use std::{
    thread,
    time::{Duration, Instant},
};

const TABLE: &str = "throughput, of that without a fence";
/// The numbers of CPUs.
const CPUS: [usize; 3] = [1, 2, 4];
/// For this time, all call the driver without a fence, then as long the other one, and so on.
const WINDOW: Duration = Duration::from_millis(10);
/// The number of such windows of each driver. The median counts, since threads start in the first.
const TURNS: usize = 16;
const FIRST: usize = 2;
/// The number of calls between two reads of the clock.
const AT_ONCE: u64 = 20;

/// The number of calls of a thread in each window.
type Made = [u64; 2 * TURNS];

/// Makes call number `call` on this CPU until the end of all windows. The first began at `begin`.
fn work(fence: Fence, call: usize, cpu: usize, begin: Instant) -> Made {
    cpus::stay_on(cpu);
    let files = [NONE.open(), fence.open()];
    let both = files.each_ref().map(calls);
    let mut made = [0; 2 * TURNS];
    let window = || (begin.elapsed().as_nanos() / WINDOW.as_nanos()) as usize;
    loop {
        let now = window();
        let Some(made) = made.get_mut(now) else { break };
        let call = &both[now % 2][call];
        (0..AT_ONCE).for_each(|_| call());
        *made += AT_ONCE;
    }
    made
}

/// The number of calls that this many CPUs make, relative to that without a fence.
fn ratio(fence: Fence, call: usize, count: usize) -> f64 {
    let begin = Instant::now();
    let made: Vec<Made> = thread::scope(|threads| {
        let start = |cpu| threads.spawn(move || work(fence, call, cpu, begin));
        let workers: Vec<_> = (0..count).map(start).collect();
        let made = workers.into_iter().map(|it| it.join().expect("a worker"));
        made.collect()
    });
    let sum = |window: usize| made.iter().map(|it| it[window]).sum::<u64>() as f64;
    let mut ratios: Vec<f64> = (FIRST..TURNS)
        .map(|turn| sum(2 * turn + 1) / sum(2 * turn).max(1.0))
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// Prints the table. There is no limit: see above.
pub fn throughput() -> bool {
    let _modules = Modules::load();
    let there = cpus::count();
    let columns: Vec<(usize, usize, String)> = (0..OF_KERNEL_CRATE)
        .flat_map(|call| CPUS.map(|count| (call, count, name(call, count))))
        .filter(|(_, count, _)| *count <= there)
        .collect();
    println!("\nCalls in a second, of those that as many CPUs make without a fence\n");
    let mut head = format!("   {:<32}", "");
    columns
        .iter()
        .for_each(|it| head += &format!("{:>15}", it.2));
    println!("{head}");
    for fence in FENCES {
        let mut text = format!("   {:<32}", fence.what);
        for (call, count, name) in &columns {
            let ratio = ratio(fence, *call, *count);
            record(TABLE, fence.what, name, (ratio * 100.0).round() / 100.0);
            text += &format!("{ratio:>15.2}");
        }
        println!("{text}");
    }
    true
}

fn name(call: usize, count: usize) -> String {
    let many = if count == 1 { "" } else { "s" };
    format!("{}, {count} CPU{many}", CALLS[call])
}
