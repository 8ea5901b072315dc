// SPDX-License-Identifier: GPL-2.0

//! Unbind while callers sleep in read, write and ioctl: it returns at once, and so do they.

use devscope_tests::{
    device::Device,
    proc::calls,
    sleeper::{wait_all_asleep, Sleeper},
    testdev::{self, Wait, FIFO_SIZE},
    wait_until, UNBIND_LIMIT,
};
use rustix::{
    fs::OFlags,
    io::{read, write, Errno},
};
use std::{
    fmt::Debug,
    sync::Arc,
    time::{Duration, Instant},
};

/// Unbinds while `sleeper` sleeps. It must soon return the expected result.
fn unbind_ends<T>(device: &Device, sleeper: Sleeper<T>, expected: T)
where
    T: Debug + PartialEq + Send + 'static,
{
    device.unbind();
    assert_eq!(sleeper.result_within(UNBIND_LIMIT), expected);
}

#[test]
fn edu_reader() {
    let device = Device::get("edu", 0);
    let fd = device.open(OFlags::RDONLY);
    let sleeper = Sleeper::asleep("a reader", calls::READ, move || read(fd, &mut [0; 4]));
    unbind_ends(&device, sleeper, Err(Errno::NODEV));
}

#[test]
fn fifo_reader() {
    let device = Device::get("testdev", 0);
    let _fifo = device.open_empty();
    let fd = device.open(OFlags::RDONLY);
    let sleeper = Sleeper::asleep("a reader", calls::READ, move || read(fd, &mut [0; 4]));
    unbind_ends(&device, sleeper, Err(Errno::NODEV));
}

#[test]
fn fifo_writer() {
    let device = Device::get("testdev", 0);
    let fifo = device.open_empty();
    assert_eq!(write(&fifo, &[0; FIFO_SIZE]), Ok(FIFO_SIZE));
    let fd = device.open(OFlags::WRONLY);
    let sleeper = Sleeper::asleep("a writer", calls::WRITE, move || write(fd, b"x"));
    unbind_ends(&device, sleeper, Err(Errno::NODEV));
}

#[test]
fn every_kind_of_wait() {
    for how in [Wait::INTERRUPTIBLE, Wait::KILLABLE, Wait::timeout(60_000)] {
        let device = Device::get("testdev", 0);
        let fd = device.open(OFlags::RDWR);
        let sleeper = Sleeper::asleep("WAIT", calls::IOCTL, move || testdev::wait(fd, how));
        unbind_ends(&device, sleeper, Err(Errno::NODEV));
    }
}

#[test]
fn many_kinds_at_once_on_one_file() {
    let device = Device::get("testdev", 0);
    let fd = Arc::new(device.open(OFlags::RDWR));
    let _fifo = device.open_empty();
    let sleepers: Vec<_> = (0..12)
        .map(|i| {
            let fd = fd.clone();
            match i % 3 {
                0 => Sleeper::asleep("a reader", calls::READ, move || {
                    read(&fd, &mut [0; 4]).map(drop)
                }),
                1 => Sleeper::asleep("WAIT", calls::IOCTL, move || {
                    testdev::wait(&fd, Wait::INTERRUPTIBLE)
                }),
                _ => Sleeper::asleep("a killable WAIT", calls::IOCTL, move || {
                    testdev::wait(&fd, Wait::KILLABLE)
                }),
            }
        })
        .collect();
    device.unbind();
    for sleeper in sleepers {
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
    }
}

#[test]
fn work_is_waited_for() {
    // Longer on a slow machine, where it would have ended before.
    let waited_for = |ms: usize| {
        let device = Device::get("testdev", 0);
        let fd = device.open(OFlags::RDWR);
        let (start, work) = (Instant::now(), Duration::from_millis(ms as u64));
        let sleeper = Sleeper::start("WORK", move || testdev::work(fd, ms));
        wait_until(work, || sleeper.is_asleep(calls::IOCTL));
        let before = start.elapsed();
        device.unbind_within(work + UNBIND_LIMIT);
        let took = start.elapsed();
        // It succeeded: the device was bound when the call accessed it at its end.
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), Ok(()));
        assert!(took >= work, "unbind ended after {took:?} of {work:?}");
        before < work
    };
    assert!([500, 1500, 5000].into_iter().any(waited_for), "too slow");
}

#[test]
fn hidden_sleeper_is_woken_by_the_hook() {
    let (device, other) = (Device::get("testdev", 0), Device::get("testdev", 1));
    let watcher = other.open(OFlags::RDWR);
    let before = testdev::stats(&watcher).expect("STATS");
    let fd = Arc::new(device.open(OFlags::RDWR));
    let hider = fd.clone();
    let sleeper = Sleeper::asleep("HIDDEN", calls::IOCTL, move || testdev::hidden(hider));
    unbind_ends(&device, sleeper, Err(Errno::CANCELED));
    let after = testdev::stats(&watcher).expect("STATS");
    assert!(after.wakes > before.wakes, "{before:?}, {after:?}");
    assert_eq!(testdev::hidden(&fd), Err(Errno::NODEV));
}

#[test]
fn a_hundred_readers() {
    let device = Device::get("testdev", 0);
    let _fifo = device.open_empty();
    let shared = Arc::new(device.open(OFlags::RDONLY));
    let sleepers: Vec<_> = (0..100)
        .map(|i| {
            // Half of them share an open file, and half have their own.
            let fd = match i % 2 {
                0 => shared.clone(),
                _ => Arc::new(device.open(OFlags::RDONLY)),
            };
            Sleeper::start("one of 100 readers", move || read(fd, &mut [0; 4]))
        })
        .collect();
    wait_all_asleep(&sleepers, calls::READ);
    device.unbind();
    for sleeper in sleepers {
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
    }
}

#[test]
fn the_other_device_sleeps_on() {
    let (one, two) = (Device::get("testdev", 0), Device::get("testdev", 1));
    let fifo = two.open_empty();
    let fd = two.open(OFlags::RDONLY);
    let sleeper = Sleeper::asleep("a reader", calls::READ, move || read(fd, &mut [0; 4]));
    one.unbind();
    assert!(!wait_until(Duration::from_millis(200), || !sleeper
        .is_asleep(calls::READ)));
    assert_eq!(write(&fifo, b"x"), Ok(1));
    assert_eq!(sleeper.result(), Ok(1));
}
