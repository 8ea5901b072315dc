// SPDX-License-Identifier: GPL-2.0

//! The cost of mappings: a page fault, and zapping a thousand mappings.

use crate::{
    clock::{cost_of_many, median, own_time},
    figures::record,
    limits::Limit,
    table::{compare, Line, Table},
};
use devscope_tests::{device::open, mapped::Mapped, pages::PAGE};
use devscope_uapi::bench::{zap, PAGES};
use rustix::{fd::OwnedFd, fs::OFlags};
use std::{cell::Cell, hint::black_box, path::Path};

/// The limit for a fault, minus its cost in C.
const FAULT_LIMIT: Limit = Limit {
    lean: 12.0,
    stock: 20.0,
};
/// The limit for zapping the mappings, relative to C.
const ZAP_LIMIT: f64 = 1.05;

fn node(name: &str) -> Option<OwnedFd> {
    open(Path::new(name), OFlags::RDWR).ok()
}

/// The instructions of a fault: the first access to each page of a new mapping.
fn fault(fd: &OwnedFd) -> f64 {
    let map = || Mapped::of(fd, 0, PAGES).expect("mmap");
    let mapped = Cell::new(None);
    cost_of_many(
        PAGES as u64,
        || {
            mapped.take();
            mapped.set(Some(map()));
        },
        || {
            let it = mapped.take().expect("just mapped");
            (0..PAGES).for_each(|page| _ = black_box(it.touch(page * PAGE)));
            mapped.set(Some(it));
        },
    )
}

/// The instructions of the task that zaps `count` mappings.
fn end(name: &str, count: usize) -> f64 {
    median(|| {
        // A revoked file cannot be mapped again.
        let fd = node(name).expect("open");
        let mapped: Vec<_> = (0..count)
            .map(|page| {
                let mapped = Mapped::of(&fd, page as u64, 1).expect("mmap");
                black_box(mapped.touch(0));
                mapped
            })
            .collect();
        let took = own_time(|| zap(&fd).expect("BENCH_ZAP"));
        drop(mapped);
        took
    })
}

/// Prints the cost of mappings. Returns whether it is within the limits.
pub fn mappings() -> bool {
    const NAMES: [&str; 2] = ["/dev/bench-map-c", "/dev/bench-map"];
    let [Some(c), Some(ours)] = NAMES.map(node) else {
        println!("\n   /dev/bench-map or /dev/bench-map-c is missing");
        return false;
    };
    println!("\nInstructions of a page fault ({PAGES} pages)\n");
    let (c, ours) = (fault(&c), fault(&ours));
    let more = ours - c;
    record("page fault", "a page", "C", c);
    record("page fault", "a page", "Devscope", ours);
    println!("   C {c:.1}, Devscope {ours:.1}: {more:+.1}");
    let limit = FAULT_LIMIT.here();
    if more > limit {
        println!("   TOO MUCH: the limit is {limit}");
    }
    let [c, ours] = NAMES.map(|name| {
        let all = end(name, PAGES) - end(name, 0);
        let what = "1,000 mappings of one file, beyond none";
        Table::new(
            "Instructions to end mappings, of the task that does it",
            0,
            vec![Line::new(what, all).limit(ZAP_LIMIT)],
        )
    });
    compare(&c, &ours) && more <= limit
}
