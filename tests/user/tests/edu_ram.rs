// SPDX-License-Identifier: GPL-2.0

//! The edu sample: the device's own memory, by DMA. A transfer takes a tenth of a second.

use devscope_tests::{
    child::{Child, End},
    device::Device,
    edu::RAM_SIZE,
    pages::{Pages, PAGE},
    proc::calls,
    sleeper::Sleeper,
    wait_until,
};
use libc::c_long;
use rustix::{
    fd::OwnedFd,
    fs::{seek, OFlags, SeekFrom},
    io::{pread, pwrite, read, write, Errno},
};
use std::time::Duration;

/// The time of two transfers.
const TWO_TRANSFERS: Duration = Duration::from_millis(200);

/// Waits until a caller sleeps, which it does for a short time. Returns whether this was observed.
fn seen_asleep(is_asleep: impl Fn(&[c_long]) -> bool) -> bool {
    wait_until(TWO_TRANSFERS, || is_asleep(calls::POSITIONED))
}

fn open(device: &Device) -> OwnedFd {
    device.open_ram(OFlags::RDWR)
}

/// Bytes that differ from their neighbours, and from those of another seed.
fn pattern(seed: usize, len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 31 + seed * 97 + 1) as u8).collect()
}

fn check(fd: &OwnedFd, offset: usize, expected: &[u8]) {
    let mut bytes = vec![0; expected.len()];
    assert_eq!(pread(fd, &mut bytes, offset as u64), Ok(expected.len()));
    assert!(bytes == expected, "wrong bytes at {offset}");
}

/// Repeats `attempt` until it returns that it acted during a transfer. On a slow machine, the
/// transfer may end before.
fn amidst(mut attempt: impl FnMut() -> bool) {
    assert!((0..60).any(|_| attempt()), "never amidst a transfer");
}

#[test]
fn round_trips() {
    let device = Device::get("edu", 0);
    let fd = open(&device);
    let mut all = pattern(0, RAM_SIZE);
    assert_eq!(pwrite(&fd, &all, 0), Ok(RAM_SIZE));
    check(&fd, 0, &all);
    let parts = [
        (0, 1),
        (1, 3),
        (100, 1000),
        (2048, RAM_SIZE - 2048),
        (RAM_SIZE - 1, 1),
    ];
    for (seed, (offset, len)) in parts.into_iter().enumerate() {
        let bytes = pattern(seed + 1, len);
        assert_eq!(pwrite(&fd, &bytes, offset as u64), Ok(len));
        check(&fd, offset, &bytes);
        all[offset..offset + len].copy_from_slice(&bytes);
    }
    check(&fd, 0, &all);
}

#[test]
fn position_and_end() {
    let device = Device::get("edu", 0);
    let fd = open(&device);
    assert_eq!(write(&fd, b"hello, "), Ok(7));
    assert_eq!(write(&fd, b"world"), Ok(5));
    assert_eq!(seek(&fd, SeekFrom::Start(3)), Ok(3));
    let mut bytes = [0; 6];
    assert_eq!(read(&fd, &mut bytes), Ok(6));
    assert_eq!(&bytes, b"lo, wo");
    let end = RAM_SIZE as u64;
    assert_eq!(seek(&fd, SeekFrom::Current(0)), Ok(9));
    assert_eq!(seek(&fd, SeekFrom::Start(end + 1)), Err(Errno::INVAL));
    assert_eq!(pwrite(&fd, b"xyz", end - 2), Ok(2));
    assert_eq!(pread(&fd, &mut bytes, end - 2), Ok(2));
    assert_eq!(&bytes[..2], b"xy");
    for past in [end, end + 1] {
        assert_eq!(pread(&fd, &mut bytes, past), Ok(0));
        assert_eq!(pwrite(&fd, b"x", past), Err(Errno::NOSPC));
    }
}

#[test]
fn bad_pointers() {
    let device = Device::get("edu", 0);
    let fd = open(&device);
    let wall = Pages::before_a_wall(1);
    assert_eq!(wall.write(&fd, PAGE, 4), Err(Errno::FAULT));
    assert_eq!(wall.read(&fd, PAGE, 4), Err(Errno::FAULT));
    // The engine is free again.
    assert_eq!(pwrite(&fd, b"fine", 0), Ok(4));
}

#[test]
fn one_transfer_at_a_time() {
    let device = Device::get("edu", 0);
    let eager = device.open_ram(OFlags::RDWR | OFlags::NONBLOCK);
    amidst(|| {
        let fd = open(&device);
        let writer = Sleeper::start("a writer", move || pwrite(fd, &[7; 64], 0));
        seen_asleep(|calls| writer.is_asleep(calls));
        let answer = pread(&eager, &mut [0; 4], 0);
        let under_way = writer.is_asleep(calls::POSITIONED);
        assert_eq!(writer.result(), Ok(64));
        if under_way {
            assert_eq!(answer, Err(Errno::AGAIN));
            check(&eager, 0, &[7; 64]);
        }
        under_way
    });
}

#[test]
fn several_processes_at_once() {
    const PART: usize = RAM_SIZE / 4;
    let device = Device::get("edu", 0);
    let children: Vec<Child> = (0..4)
        .map(|part| {
            let fd = open(&device);
            Child::fork(move || {
                for round in 0..3 {
                    let bytes = pattern(4 * round + part, PART);
                    assert_eq!(pwrite(&fd, &bytes, (part * PART) as u64), Ok(PART));
                    check(&fd, part * PART, &bytes);
                }
                0
            })
        })
        .collect();
    for child in children {
        assert_eq!(child.wait(), End::Exit(0));
    }
}

#[test]
fn killed_amidst() {
    let device = Device::get("edu", 0);
    let fd = open(&device);
    for round in 0..3 {
        let (old, new) = (pattern(round, RAM_SIZE), pattern(round + 50, RAM_SIZE));
        amidst(|| {
            assert_eq!(pwrite(&fd, &old, 0), Ok(RAM_SIZE));
            let theirs = open(&device);
            let victim = match round {
                // Its transfer continues, into a buffer that no other caller gets meanwhile.
                0 | 1 => Child::fork(move || pread(theirs, &mut [0; RAM_SIZE], 0).map_or(1, |_| 0)),
                _ => {
                    let new = new.clone();
                    Child::fork(move || pwrite(theirs, &new, 0).map_or(1, |_| 0))
                }
            };
            let asleep = seen_asleep(|calls| victim.is_asleep(calls));
            victim.signal(libc::SIGKILL);
            let end = victim.wait();
            assert!(
                [End::Signal(libc::SIGKILL), End::Exit(0)].contains(&end),
                "{end:?}"
            );
            asleep && end != End::Exit(0)
        });
        if round < 2 {
            assert_eq!(pwrite(&fd, &new, 0), Ok(RAM_SIZE));
        }
        check(&fd, 0, &new);
    }
}

#[test]
fn killed_while_it_waits_its_turn() {
    let device = Device::get("edu", 0);
    let fd = open(&device);
    amidst(|| {
        // Enough callers to take some time.
        let others: Vec<_> = (0..8)
            .map(|_| {
                let fd = open(&device);
                let writer = Sleeper::start("a writer", move || pwrite(fd, &[1; 16], 0));
                seen_asleep(|calls| writer.is_asleep(calls));
                writer
            })
            .collect();
        let theirs = open(&device);
        let victim = Child::fork(move || pwrite(theirs, &[2; 16], 0).map_or(1, |_| 0));
        let asleep = seen_asleep(|calls| victim.is_asleep(calls));
        victim.signal(libc::SIGKILL);
        let end = victim.wait();
        let in_line = asleep && others.iter().any(|it| it.is_asleep(calls::POSITIONED));
        others
            .into_iter()
            .for_each(|it| assert_eq!(it.result(), Ok(16)));
        if in_line {
            assert_eq!(end, End::Signal(libc::SIGKILL));
            check(&fd, 0, &[1; 16]);
        }
        in_line
    });
}

#[test]
fn unbind_amidst() {
    let device = Device::get("edu", 0);
    let unbind = || {
        let callers: Vec<_> = (0..4)
            .map(|i| {
                let fd = open(&device);
                let caller = Sleeper::start("a caller", move || match i % 2 {
                    0 => pread(&fd, &mut [0; RAM_SIZE], 0),
                    _ => pwrite(&fd, &[3; RAM_SIZE], 0),
                });
                seen_asleep(|calls| caller.is_asleep(calls));
                caller
            })
            .collect();
        device.unbind();
        let ends: Vec<_> = callers.into_iter().map(|c| c.result()).collect();
        let gone = ends.iter().filter(|e| **e == Err(Errno::NODEV)).count();
        let fine = ends.iter().filter(|e| **e == Ok(RAM_SIZE)).count();
        assert_eq!(gone + fine, 4, "{ends:?}");
        device.bind();
        // One in its transfer, and one or more that wait for their turn.
        gone >= 2
    };
    for _ in 0..3 {
        amidst(unbind);
    }
    let fd = open(&device);
    assert_eq!(pwrite(&fd, b"back", 0), Ok(4));
    check(&fd, 0, b"back");
}
