// SPDX-License-Identifier: GPL-2.0

//! The cost of the driver of an EC's character device, in C and on the framework. The EC is a
//! kernel module, which costs the same for both.

use crate::{
    clock::{cost, cost_of_many, PER_ROUND},
    ec_unbind,
    table::{self, Line, Table},
};
use devscope_tests::{
    ec::{
        read_memory, set_event_mask,
        testec::{greet, raise},
        transfer, Driver, TestEc, HELLO,
    },
    events::poll_now,
};
use rustix::{
    event::PollFlags,
    fd::OwnedFd,
    fs::OFlags,
    io::{read, Errno},
};
use std::path::Path;

/// The limit for the instructions of ours, relative to C.
const LIMIT: f64 = 1.05;
/// How many events are raised at a time: fewer than the limit of unread events.
const EVENTS: usize = 100;
/// Their payload.
const KIND: u8 = 5;
const PAYLOAD: [u8; 4] = [1, 2, 3, 4];

/// Prints the tables. Returns whether ours is within the limit.
pub fn compare() -> bool {
    if !Path::new("/modules/testec.ko").exists() {
        println!("\nThe cros_ec character device: the kernel has no such drivers, not measured");
        return false;
    }
    let mut ec = TestEc::with_one_node(Driver::C);
    let theirs = tables(&ec);
    ec.switch(Driver::Devscope);
    table::compare_all(&theirs, &tables(&ec))
}

/// The costs of the driver of `ec`.
fn tables(ec: &TestEc) -> [Table; 2] {
    let (instructions, ms) = (lines(ec), ec_unbind::times(ec));
    [
        Table::new(
            "Instructions of the cros_ec character device",
            1,
            instructions,
        ),
        Table::new(
            "Unbind of the cros_ec character device, in ms (median of 5)",
            2,
            ms,
        ),
    ]
}

fn lines(ec: &TestEc) -> Vec<Line> {
    let limited = |(what, cost)| Line::new(what, cost).limit(LIMIT);
    let mut lines: Vec<Line> = [
        ("the controller alone: a command", greeting()),
        ("ioctl: a command", command(ec)),
        ("ioctl: read memory", memory(ec)),
        ("ioctl: event mask", mask(ec)),
    ]
    .map(limited)
    .into();
    // Ours makes one more allocation, for the device's entry of the file.
    lines.push(Line::new("open and close", opening(ec)));
    lines.extend(
        [
            ("open, read version, close", version(ec)),
            ("read: nothing there", empty_read(ec)),
            ("read: an event", event_read(ec)),
            ("poll: nothing there", polling(ec, 0)),
            ("poll: an event", polling(ec, 1)),
            ("an event, no file", event(ec, 0, 0)),
            ("an event, 1 file without interest", event(ec, 1, 0)),
            ("an event, 16 files without interest", event(ec, 16, 0)),
            ("an event, 1 reader", event(ec, 1, usize::MAX)),
            ("an event, 4 readers", event(ec, 4, usize::MAX)),
            ("an event, 16 readers", event(ec, 16, usize::MAX)),
        ]
        .map(limited),
    );
    lines
}

fn greeting() -> f64 {
    let greet = |count| greet(count).expect("testec/hello");
    cost_of_many(PER_ROUND, || greet(PER_ROUND), || greet(PER_ROUND))
}

fn command(ec: &TestEc) -> f64 {
    let file = ec.open(OFlags::RDWR);
    cost(|| {
        let answer = transfer(&file, 0, HELLO, &[0; 4], 4).expect("EC_CMD_HELLO");
        assert_eq!(answer.data.len(), 4);
    })
}

fn memory(ec: &TestEc) -> f64 {
    let file = ec.open(OFlags::RDWR);
    cost(|| assert_eq!(read_memory(&file, 0x20, 4).expect("read memory").0, 4))
}

fn mask(ec: &TestEc) -> f64 {
    let file = ec.open(OFlags::RDWR);
    cost(|| set_event_mask(&file, 1).expect("event mask"))
}

fn opening(ec: &TestEc) -> f64 {
    cost(|| drop(ec.open(OFlags::RDWR)))
}

fn version(ec: &TestEc) -> f64 {
    cost(|| {
        let mut text = [0; 128];
        let len = read(ec.open(OFlags::RDWR), &mut text).expect("read the version");
        assert!(len > 40, "{len}");
    })
}

/// A nonblocking file with this event mask.
fn listener(ec: &TestEc, mask: usize) -> OwnedFd {
    let file = ec.open(OFlags::RDWR | OFlags::NONBLOCK);
    set_event_mask(&file, mask).expect("event mask");
    file
}

fn empty_read(ec: &TestEc) -> f64 {
    let file = listener(ec, usize::MAX);
    cost(|| assert_eq!(read(&file, &mut [0; 32]), Err(Errno::AGAIN)))
}

/// Makes the EC raise some events.
fn raise_some(raiser: &OwnedFd, count: usize) {
    for _ in 0..count {
        raise(raiser, KIND, &PAYLOAD).expect("testec/raise");
    }
}

/// Reads some events, which must be pending.
fn read_some(file: &OwnedFd, count: usize) {
    for _ in 0..count {
        assert_eq!(read(file, &mut [0; 32]), Ok(1 + PAYLOAD.len()));
    }
}

fn event_read(ec: &TestEc) -> f64 {
    let (file, raiser) = (listener(ec, usize::MAX), TestEc::raiser().expect("raise"));
    let fill = || raise_some(&raiser, EVENTS);
    cost_of_many(EVENTS as u64, fill, || read_some(&file, EVENTS))
}

fn polling(ec: &TestEc, events: usize) -> f64 {
    let (file, raiser) = (listener(ec, usize::MAX), TestEc::raiser().expect("raise"));
    raise_some(&raiser, events);
    let expected = match events {
        0 => PollFlags::empty(),
        _ => PollFlags::IN,
    };
    cost(|| assert_eq!(poll_now(&file, PollFlags::IN), expected))
}

fn event(ec: &TestEc, files: usize, mask: usize) -> f64 {
    let raiser = TestEc::raiser().expect("raise");
    let files: Vec<_> = (0..files).map(|_| listener(ec, mask)).collect();
    let empty = || {
        for file in files.iter().filter(|_| mask != 0) {
            while read(file, &mut [0; 32]).is_ok() {}
        }
    };
    cost_of_many(EVENTS as u64, empty, || raise_some(&raiser, EVENTS))
}
