// SPDX-License-Identifier: GPL-2.0

//! The edu sample: its queue of numbers, its interrupt, and its watchdog.

use devscope_tests::{
    child::{Child, End},
    device::Device,
    edu::QUEUE_DEPTH,
    events::{poll_for, poll_now},
    proc::calls,
    sleeper::Sleeper,
    wait_until,
};
use rustix::{
    event::PollFlags,
    fd::OwnedFd,
    fs::OFlags,
    io::{read, write, Errno},
};
use std::{fs, time::Duration};

/// A number that keeps the device busy for seconds.
const HUGE: u32 = u32::MAX;

/// How long this may take, also on a slow machine and with several such numbers.
const VERY_LONG: Duration = Duration::from_secs(60);

/// 12 is the last number whose factorial fits.
const LAST: u32 = 12;
const LAST_FACTORIAL: u32 = 479_001_600;

fn open(device: &Device) -> OwnedFd {
    device.open(OFlags::RDWR)
}

fn open_nonblock(device: &Device) -> OwnedFd {
    device.open(OFlags::RDWR | OFlags::NONBLOCK)
}

fn put(fd: &OwnedFd, numbers: &[u32]) -> Result<usize, Errno> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_ne_bytes()).collect();
    write(fd, &bytes)
}

fn get(fd: &OwnedFd) -> Result<u32, Errno> {
    let mut bytes = [0; 4];
    read(fd, &mut bytes).map(|_| u32::from_ne_bytes(bytes))
}

/// Reads until `last`. Each earlier result must be the factorial of one of `numbers`.
fn get_until(fd: &OwnedFd, last: u32, numbers: &[u32]) {
    loop {
        match get(fd).expect("a result") {
            result if result == last => return,
            result => assert!(
                numbers.iter().any(|&n| (1..=n).product::<u32>() == result),
                "{result} is nobody's"
            ),
        }
    }
}

/// The number of interrupts of the device, from `/proc/interrupts`.
fn interrupts(device: &Device) -> u64 {
    let text = fs::read_to_string("/proc/interrupts").expect("/proc/interrupts");
    let line = text
        .lines()
        .find(|line| line.contains(device.addr()) && line.ends_with("edu"))
        .expect("a line of the device");
    line.split_whitespace()
        .skip(1)
        .map_while(|word| word.parse::<u64>().ok())
        .sum()
}

#[test]
fn results_come_by_interrupt() {
    let device = Device::get("edu", 0);
    let fd = open(&device);
    let before = interrupts(&device);
    for _ in 0..10 {
        assert_eq!(put(&fd, &[5]), Ok(4));
        assert_eq!(get(&fd), Ok(120));
    }
    // An interrupt is raised after its result is stored, so the last may be pending.
    let arrived = wait_until(Duration::from_secs(1), || {
        interrupts(&device) >= before + 10
    });
    assert!(arrived, "{} before, {} now", before, interrupts(&device));
}

#[test]
fn several_numbers_in_one_write() {
    let device = Device::get("edu", 0);
    let files: Vec<OwnedFd> = (0..8).map(|_| open(&device)).collect();
    assert_eq!(put(&files[0], &[3, 4, 5, 6, LAST]), Ok(20));
    for fd in &files {
        get_until(fd, LAST_FACTORIAL, &[3, 4, 5, 6]);
    }
}

#[test]
fn several_processes_at_once() {
    let device = Device::get("edu", 0);
    let listener = open(&device);
    let writers: Vec<Child> = (3..7)
        .map(|number| {
            let fd = open(&device);
            Child::fork(move || {
                let all = (0..50).all(|_| put(&fd, &[number]) == Ok(4));
                i32::from(!all)
            })
        })
        .collect();
    for writer in writers {
        assert_eq!(writer.wait(), End::Exit(0));
    }
    // The numbers that they have queued come before this.
    assert_eq!(put(&listener, &[LAST]), Ok(4));
    get_until(&listener, LAST_FACTORIAL, &[3, 4, 5, 6]);
}

#[test]
fn huge_number() {
    let device = Device::get("edu", 0);
    let (fd, other) = (open_nonblock(&device), open(&device));
    assert_eq!(put(&fd, &[HUGE]), Ok(4));
    // The device takes it from the queue, which is then empty, and takes no other number.
    let mut queued = 0;
    let full = wait_until(Duration::from_millis(900), || {
        match put(&fd, &[5; QUEUE_DEPTH + 6]) {
            Ok(len) => queued += len / 4,
            Err(error) => assert_eq!(error, Errno::AGAIN),
        }
        queued >= QUEUE_DEPTH
    });
    assert!(full, "only {queued} numbers were queued");
    assert!(
        queued <= QUEUE_DEPTH + 1,
        "{queued} numbers in a queue of {QUEUE_DEPTH}"
    );
    let both = PollFlags::IN | PollFlags::OUT;
    assert_eq!(poll_now(&fd, both), PollFlags::empty());
    let writer = open(&device);
    let writer = Sleeper::asleep("a writer", calls::WRITE, move || put(&writer, &[LAST]));

    // The number is given up, each file gets the error once, and the queue stops.
    assert_eq!(get(&other), Err(Errno::TIMEDOUT));
    assert_eq!(poll_for(&fd, both, VERY_LONG), PollFlags::IN);
    assert_eq!(get(&fd), Err(Errno::TIMEDOUT));
    assert_eq!(get(&fd), Err(Errno::AGAIN));
    assert_eq!(put(&fd, &[5]), Err(Errno::AGAIN));

    // The device finishes, and no number was lost.
    assert_eq!(writer.result_within(VERY_LONG), Ok(4));
    get_until(&other, LAST_FACTORIAL, &[5]);
}

#[test]
fn unbind_while_the_device_is_busy() {
    let device = Device::get("edu", 0);
    let fd = open(&device);
    let reader = open(&device);
    let reader = Sleeper::asleep("a reader", calls::READ, move || get(&reader));
    assert_eq!(put(&fd, &[HUGE, 5, 6]), Ok(12));
    device.unbind();
    assert_eq!(reader.result(), Err(Errno::NODEV));
    device.bind();

    // No caller waits for this number any more: this file gets its turn and its result.
    let fd = open(&device);
    assert_eq!(put(&fd, &[4]), Ok(4));
    assert_eq!(poll_for(&fd, PollFlags::IN, VERY_LONG), PollFlags::IN);
    assert_eq!(get(&fd), Ok(24));
}
