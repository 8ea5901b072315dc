// SPDX-License-Identifier: GPL-2.0

//! The cost of creating a disk with its descriptor, and of adding a device of C's loop driver and
//! opening it.

use crate::{
    clock::{median, own_time},
    table::{compare, Line, Table},
};
use devscope_tests::{
    device::open,
    disks::Ramdisk,
    module::Loaded,
    pages::ioctl_number,
    ramdisk::{create, Create},
    wait_until, HANG,
};
use rustix::{fd::OwnedFd, fs::OFlags, ioctl::Opcode};
use std::path::Path;

const LOOP_CTL_ADD: Opcode = 0x4c80;
const LOOP_CTL_REMOVE: Opcode = 0x4c81;

/// How many are created at a time, and the first number that the module does not add itself.
const COUNT: u16 = 16;
const FIRST: u16 = 100;

/// The limit for ours, relative to C.
const LIMIT: f64 = 1.1;

/// Prints the cost of creating a disk for its creator. Returns whether it is within the limit.
pub fn creation() -> bool {
    let table = |cost| {
        let lines = vec![Line::new("create a disk and open it", cost).limit(LIMIT)];
        Table::new("Instructions of the creator of a disk", 0, lines)
    };
    compare(&table(of_loop()), &table(of_ours()))
}

fn of_loop() -> f64 {
    let _module = Loaded::new(&["loop"]);
    let control = open(Path::new("/dev/loop-control"), OFlags::RDWR).expect("loop-control");
    let add = |number: u16| -> OwnedFd {
        ioctl_number(&control, LOOP_CTL_ADD, number).expect("LOOP_CTL_ADD");
        open(Path::new(&format!("/dev/loop{number}")), OFlags::RDWR).expect("a loop device")
    };
    let remove = |number: u16| {
        let removed = || ioctl_number(&control, LOOP_CTL_REMOVE, number).is_ok();
        assert!(wait_until(HANG, removed), "LOOP_CTL_REMOVE");
    };
    let numbers = FIRST..FIRST + COUNT;
    each(
        || numbers.clone().map(add).collect(),
        || numbers.clone().for_each(remove),
    )
}

fn of_ours() -> f64 {
    let ramdisk = Ramdisk::new();
    let small = Create {
        size: 4096,
        ..Create::default()
    };
    let make = |_| create(&ramdisk.control, &small).expect("a disk").0;
    each(|| (0..COUNT).map(make).collect(), || ramdisk.assert_none())
}

/// The cost of one of the disks that `make` creates. `end` removes them after they are closed.
fn each(make: impl Fn() -> Vec<OwnedFd>, end: impl Fn()) -> f64 {
    let round = || {
        let mut made = Vec::new();
        let time = own_time(|| made = make());
        drop(made);
        end();
        time
    };
    round();
    median(round) / f64::from(COUNT)
}
