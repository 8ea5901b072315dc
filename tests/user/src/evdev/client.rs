// SPDX-License-Identifier: GPL-2.0

//! Calls on an open event node, and checks of a node whose device is gone.

use super::{
    ioctls::{WITH_NUMBER, WITH_POINTER},
    uinput::{decode, encode, Event, EVENT},
};
use crate::{
    compat,
    device::open,
    events::{epoll_next, epoll_on, poll_now, EPOLL_GONE, GONE},
    pages::{ioctl_number, Pages},
    wait_until, HANG,
};
use rustix::{
    event::{epoll::EventFlags, PollFlags},
    fd::{AsFd, OwnedFd},
    fs::OFlags,
    io::{self, Errno},
};
use std::{path::Path, time::Duration};

/// Opens a node to read and write, which must succeed.
///
/// # Panics
///
/// If it does not.
pub fn client(node: &Path) -> OwnedFd {
    open(node, OFlags::RDWR).unwrap_or_else(|e| panic!("open {}: {e}", node.display()))
}

/// The same with `O_NONBLOCK`.
///
/// # Panics
///
/// If it does not succeed.
pub fn impatient(node: &Path) -> OwnedFd {
    open(node, OFlags::RDWR | OFlags::NONBLOCK)
        .unwrap_or_else(|e| panic!("open {}: {e}", node.display()))
}

/// Reads up to 64 events.
///
/// # Errors
///
/// Those of the handler.
pub fn read_events(fd: impl AsFd) -> io::Result<Vec<Event>> {
    let mut bytes = [0; 64 * EVENT];
    let len = io::read(fd, &mut bytes)?;
    let (events, rest) = bytes[..len].as_chunks::<EVENT>();
    assert!(rest.is_empty(), "part of an event");
    Ok(events.iter().map(decode).collect())
}

/// Writes events, as a program that lights an LED does.
///
/// # Errors
///
/// Those of the handler.
pub fn write_events(fd: impl AsFd, events: &[Event]) -> io::Result<usize> {
    let bytes: Vec<u8> = events.iter().flat_map(|&event| encode(event)).collect();
    io::write(fd, &bytes)
}

/// Checks that all calls on a file are refused, repeatedly.
///
/// C returns EINVAL for a buffer smaller than an event, which is not tested here.
///
/// # Panics
///
/// If a call is not refused.
pub fn assert_gone(file: impl AsFd, when: &str) {
    let file = file.as_fd();
    let memory = Pages::low(1);
    for _ in 0..2 {
        assert_eq!(read_events(file), Err(Errno::NODEV), "{when}: read");
        assert_eq!(io::read(file, &mut [0; 0]), Err(Errno::NODEV), "{when}");
        let wrote = write_events(file, &[(0x11, 0, 1), (0, 0, 0)]);
        assert_eq!(wrote, Err(Errno::NODEV), "{when}: write");
        assert_eq!(io::write(file, &[]), Err(Errno::NODEV), "{when}");
        for number in WITH_POINTER {
            let result = memory.ioctl(file, number, 0);
            assert_eq!(result, Err(Errno::NODEV), "{when}: ioctl {number:#x}");
            // SAFETY: The argument points to memory that suffices for the largest of them.
            let result = unsafe { compat::ioctl(file, number, memory.addr() as u32) };
            assert_eq!(result, Err(Errno::NODEV), "{when}: compat {number:#x}");
        }
        for number in WITH_NUMBER {
            for argument in [0, 1] {
                let result = ioctl_number(file, number, argument);
                assert_eq!(result, Err(Errno::NODEV), "{when}: ioctl {number:#x}");
            }
        }
        let interest = PollFlags::IN | PollFlags::OUT;
        assert_gone_events(poll_now(file, interest), when);
        let epoll = epoll_on(file, EventFlags::IN | EventFlags::OUT);
        let events = epoll_next(epoll, Duration::ZERO) - EventFlags::IN;
        assert_eq!(events, EPOLL_GONE, "{when}: epoll");
    }
}

/// Checks the events that `poll()` returned for a file whose device is gone. C's handler also
/// returns IN, for events that can no longer be read.
///
/// # Panics
///
/// If it returned others.
pub fn assert_gone_events(events: PollFlags, when: &str) {
    assert_eq!(events - PollFlags::IN, GONE, "{when}: poll");
}

/// Waits until a node is removed from `/dev`.
///
/// # Panics
///
/// If it stays, or if it can be opened before.
pub fn assert_no_node(node: &Path) {
    let gone = wait_until(HANG, || !node.exists());
    assert!(gone, "{} is still there", node.display());
    let opened = open(node, OFlags::RDWR).map(drop);
    assert_eq!(opened, Err(Errno::NOENT));
}
