// SPDX-License-Identifier: GPL-2.0

//! `poll()` and `epoll` in one line each.

use rustix::{
    event::{
        epoll::{self, EventData, EventFlags},
        fd_set_insert, fd_set_num_elements, poll, select, FdSetElement, PollFd, PollFlags,
        Timespec,
    },
    fd::{AsFd, AsRawFd, OwnedFd},
};
use std::time::Duration;

/// The events that `poll()` returns for a file whose device is gone.
pub const GONE: PollFlags = PollFlags::HUP.union(PollFlags::ERR);

/// The events that `epoll_wait()` returns for a file whose device is gone.
pub const EPOLL_GONE: EventFlags = EventFlags::HUP.union(EventFlags::ERR);

/// The events of `interest` that are pending; HUP and ERR are always included.
pub fn poll_now(fd: impl AsFd, interest: PollFlags) -> PollFlags {
    poll_for(fd, interest, Duration::ZERO)
}

/// Waits for events of `interest`. Returns none after `limit`.
pub fn poll_for(fd: impl AsFd, interest: PollFlags, limit: Duration) -> PollFlags {
    let fd = fd.as_fd();
    let mut fds = [PollFd::new(&fd, interest)];
    let timeout = timespec(limit);
    poll(&mut fds, Some(&timeout)).expect("poll");
    fds[0].revents()
}

/// An epoll instance that watches `fd` for `interest`.
pub fn epoll_on(fd: impl AsFd, interest: EventFlags) -> OwnedFd {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).expect("epoll_create");
    epoll::add(&epoll, fd, EventData::new_u64(0), interest).expect("epoll_ctl");
    epoll
}

/// Waits for the next event of `epoll`. Returns none after `limit`.
pub fn epoll_next(epoll: impl AsFd, limit: Duration) -> EventFlags {
    let mut events = Vec::with_capacity(1);
    let timeout = timespec(limit);
    let spare = rustix::buffer::spare_capacity(&mut events);
    epoll::wait(epoll, spare, Some(&timeout)).expect("epoll_wait");
    events
        .first()
        .map_or(EventFlags::empty(), |event: &epoll::Event| event.flags)
}

/// Whether `select()` reports `fd` as readable within `limit`.
pub fn select_readable(fd: impl AsFd, limit: Duration) -> bool {
    select_one(fd, limit, false)
}

/// Whether `select()` reports an exceptional condition of `fd` within `limit`.
pub fn select_exceptional(fd: impl AsFd, limit: Duration) -> bool {
    select_one(fd, limit, true)
}

fn select_one(fd: impl AsFd, limit: Duration, exceptional: bool) -> bool {
    let fd = fd.as_fd().as_raw_fd();
    let mut set = vec![FdSetElement::default(); fd_set_num_elements(1, fd + 1)];
    fd_set_insert(&mut set, fd);
    let (readable, exception) = if exceptional {
        (None, Some(&mut *set))
    } else {
        (Some(&mut *set), None)
    };
    let timeout = timespec(limit);
    // SAFETY: The only descriptor in the set is open as long as this function runs.
    let ready = unsafe { select(fd + 1, readable, None, exception, Some(&timeout)) };
    ready.expect("select") == 1
}

fn timespec(time: Duration) -> Timespec {
    Timespec {
        tv_sec: time.as_secs() as i64,
        tv_nsec: time.subsec_nanos().into(),
    }
}
