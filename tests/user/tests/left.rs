// SPDX-License-Identifier: GPL-2.0

//! Reads after unplug: the events in the file's queue.

use devscope_tests::{
    device::Device,
    events::{epoll_next, epoll_on, poll_now, select_readable, EPOLL_GONE, GONE},
    inbox::{revoke, How},
    pages::Pages,
    proc::{calls, end_of},
    sleeper::Sleeper,
    UNBIND_LIMIT,
};
use rustix::{
    event::{epoll::EventFlags, PollFlags},
    io::{read, readv, write, Errno},
};
use std::{io::IoSliceMut, time::Duration};

const READABLE: PollFlags = GONE.union(PollFlags::IN);

#[test]
fn is_read_after_unplug() {
    let device = Device::get("testdev", 0);
    let (file, other, revoked) = (device.open_box(), device.open_box(), device.open_box());
    assert_eq!(write(&file, b"last words"), Ok(10));
    let mut buffer = [0; 16];
    assert_eq!(read(&other, &mut buffer), Ok(10));
    assert_eq!(revoke(&revoked, How::AtOnce), Ok(()));
    device.unbind();

    assert_eq!(end_of(&file), "unplugged");
    assert_eq!(poll_now(&file, PollFlags::IN | PollFlags::OUT), READABLE);
    assert_eq!(
        epoll_next(epoll_on(&file, EventFlags::IN), Duration::ZERO),
        EPOLL_GONE | EventFlags::IN
    );
    assert!(select_readable(&file, Duration::ZERO));
    // A read of no bytes reports the unplug.
    assert_eq!(read(&file, &mut [0u8; 0]), Err(Errno::NODEV));
    assert_eq!(read(&file, &mut buffer[..4]), Ok(4));
    assert_eq!(&buffer[..4], b"last");
    assert_eq!(poll_now(&file, PollFlags::IN), READABLE);
    let (first, second) = buffer.split_at_mut(2);
    let mut parts = [IoSliceMut::new(first), IoSliceMut::new(second)];
    assert_eq!(readv(&file, &mut parts), Ok(6));
    assert_eq!(&buffer[..6], b" words");
    // All data was read.
    assert_eq!(poll_now(&file, PollFlags::IN), GONE);
    assert_eq!(read(&file, &mut buffer), Err(Errno::NODEV));
    assert_eq!(write(&file, b"late"), Err(Errno::NODEV));

    // A file whose data was read, and one that was revoked, have no data left.
    assert_eq!(poll_now(&other, PollFlags::IN), GONE);
    assert_eq!(read(&other, &mut buffer), Err(Errno::NODEV));
    assert_eq!(poll_now(&revoked, PollFlags::IN), GONE);
    assert_eq!(read(&revoked, &mut buffer), Err(Errno::ACCESS));
}

#[test]
fn is_not_there_for_one_who_was_revoked() {
    let device = Device::get("testdev", 0);
    let file = device.open_box();
    assert_eq!(write(&file, b"secret"), Ok(6));
    assert_eq!(revoke(&file, How::AtOnce), Ok(()));
    for _ in 0..2 {
        assert_eq!(poll_now(&file, PollFlags::IN), GONE);
        assert_eq!(read(&file, &mut [0; 16]), Err(Errno::ACCESS));
        if device.is_bound() {
            device.unbind();
        }
    }
}

#[test]
fn into_memory_that_is_not_there() {
    let device = Device::get("testdev", 0);
    let file = device.open_box();
    assert_eq!(write(&file, b"last words"), Ok(10));
    device.unbind();
    let pages = Pages::before_a_wall(1);
    assert_eq!(pages.read(&file, pages.size() - 4096, 4), Err(Errno::FAULT));
    assert_eq!(read(&file, &mut [0; 16]), Ok(6));
    assert_eq!(read(&file, &mut [0; 16]), Err(Errno::NODEV));
}

/// A sleeping reader has no data left, and gets ENODEV.
#[test]
fn is_nothing_for_one_who_waits() {
    let device = Device::get("testdev", 0);
    let file = device.open_box();
    let flags = rustix::fs::fcntl_getfl(&file).expect("F_GETFL");
    rustix::fs::fcntl_setfl(&file, flags - rustix::fs::OFlags::NONBLOCK).expect("F_SETFL");
    let reader = Sleeper::asleep("a reader", calls::READ, move || read(file, &mut [0; 4]));
    device.unbind();
    assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
}
