// SPDX-License-Identifier: GPL-2.0

//! Unbind while callers sleep in poll, select and epoll_wait: they are woken with HUP and ERR.

use devscope_tests::{
    device::Device,
    events::{
        epoll_next, epoll_on, poll_for, poll_now, select_exceptional, select_readable, EPOLL_GONE,
        GONE,
    },
    proc::calls,
    sleeper::Sleeper,
    testdev, wait_until, UNBIND_LIMIT,
};
use rustix::{
    event::{epoll::EventFlags, poll, PollFd, PollFlags},
    fd::OwnedFd,
    fs::OFlags,
    io::{read, Errno},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const LONG: Duration = Duration::from_secs(60);

/// The first device of each driver, with a file on which nothing can be read.
fn quiet() -> [(Device, Arc<OwnedFd>); 2] {
    ["edu", "testdev"].map(|driver| {
        let device = Device::get(driver, 0);
        let fd = match driver {
            "edu" => device.open(OFlags::RDWR | OFlags::NONBLOCK),
            _ => device.open_empty(),
        };
        (device, Arc::new(fd))
    })
}

#[test]
fn poller_without_a_limit() {
    for (device, fd) in quiet() {
        let watched = fd.clone();
        let sleeper = Sleeper::asleep("poll", calls::POLL, move || {
            let mut fds = [PollFd::new(&*watched, PollFlags::IN)];
            poll(&mut fds, None).map(|count| (count, fds[0].revents()))
        });
        device.unbind();
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), Ok((1, GONE)));
    }
}

#[test]
fn poller_with_a_limit() {
    for (device, fd) in quiet() {
        // A poller without events of interest still waits for the end.
        let sleepers = [PollFlags::IN, PollFlags::empty()].map(|interest| {
            let watched = fd.clone();
            Sleeper::asleep("poll", calls::POLL, move || {
                poll_for(watched, interest, LONG)
            })
        });
        device.unbind();
        for sleeper in sleepers {
            assert_eq!(sleeper.result_within(UNBIND_LIMIT), GONE);
        }
    }
}

#[test]
fn select() {
    for (device, fd) in quiet() {
        let watched = fd.clone();
        let sleeper = Sleeper::asleep("select", calls::SELECT, move || {
            select_readable(watched, LONG)
        });
        device.unbind();
        assert!(
            sleeper.result_within(UNBIND_LIMIT),
            "readable: a read does not block"
        );
        assert_eq!(read(&fd, &mut [0; 4]), Err(Errno::NODEV));
    }
}

#[test]
fn select_for_exceptions() {
    for (device, fd) in quiet() {
        let watched = fd.clone();
        let sleeper = Sleeper::asleep("select", calls::SELECT, move || {
            select_exceptional(watched, LONG)
        });
        device.unbind();
        assert!(sleeper.result_within(UNBIND_LIMIT));
        assert!(select_exceptional(&fd, Duration::ZERO));
    }
}

#[test]
fn epoll_level() {
    for (device, fd) in quiet() {
        let epoll = Arc::new(epoll_on(&fd, EventFlags::IN));
        let waiter = epoll.clone();
        let sleeper = Sleeper::asleep("epoll_wait", calls::EPOLL, move || epoll_next(waiter, LONG));
        device.unbind();
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), EPOLL_GONE);
        assert_eq!(epoll_next(&epoll, Duration::ZERO), EPOLL_GONE, "again");
    }
}

#[test]
fn epoll_edge() {
    for (device, fd) in quiet() {
        let epoll = Arc::new(epoll_on(&fd, EventFlags::IN | EventFlags::ET));
        let waiter = epoll.clone();
        let sleeper = Sleeper::asleep("epoll_wait", calls::EPOLL, move || epoll_next(waiter, LONG));
        device.unbind();
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), EPOLL_GONE);
    }
}

#[test]
fn epoll_registered_before_and_asked_after() {
    for (device, fd) in quiet() {
        let modes = [EventFlags::empty(), EventFlags::ET, EventFlags::ONESHOT];
        let epolls = modes.map(|mode| epoll_on(&fd, EventFlags::IN | mode));
        device.unbind();
        for epoll in &epolls {
            assert_eq!(epoll_next(epoll, UNBIND_LIMIT), EPOLL_GONE);
        }
        // The entries outlive the device, the file, and the next binding.
        device.bind();
        assert_eq!(epoll_next(&epolls[0], Duration::ZERO), EPOLL_GONE);
        drop(fd);
        assert_eq!(epoll_next(&epolls[0], Duration::ZERO), EventFlags::empty());
    }
}

#[test]
fn asked_for_the_first_time_after_unbind() {
    for (device, fd) in quiet() {
        device.unbind();
        let everything = PollFlags::IN | PollFlags::OUT | PollFlags::PRI;
        assert_eq!(poll_now(&fd, everything), GONE);
        assert_eq!(poll_now(&fd, PollFlags::empty()), GONE);
        assert_eq!(
            epoll_next(epoll_on(&fd, EventFlags::IN), UNBIND_LIMIT),
            EPOLL_GONE
        );
    }
}

#[test]
fn nested_epoll() {
    for (device, fd) in quiet() {
        let inner = epoll_on(&fd, EventFlags::IN);
        let outer = epoll_on(&inner, EventFlags::IN);
        let sleeper = Sleeper::asleep("epoll_wait", calls::EPOLL, move || epoll_next(outer, LONG));
        device.unbind();
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), EventFlags::IN);
        assert_eq!(epoll_next(inner, Duration::ZERO), EPOLL_GONE);
    }
}

#[test]
fn poller_is_told_before_the_drain_is_over() {
    // The time from the wake-up to the end of unbind, which is the end of the work.
    let told_before_the_end_of = |ms: usize| {
        let device = Device::get("testdev", 0);
        let quiet = device.open_empty();
        let busy = device.open(OFlags::RDWR);
        let work = Duration::from_millis(ms as u64);
        let worker = Sleeper::start("WORK", move || testdev::work(busy, ms));
        wait_until(work, || worker.is_asleep(calls::IOCTL));
        let poller = Sleeper::asleep("poll", calls::POLL, move || {
            (poll_for(quiet, PollFlags::IN, LONG), Instant::now())
        });
        device.unbind_within(work + UNBIND_LIMIT);
        let unbound = Instant::now();
        let (events, told) = poller.result_within(UNBIND_LIMIT);
        assert_eq!(events, GONE);
        assert_eq!(worker.result_within(UNBIND_LIMIT), Ok(()));
        unbound.duration_since(told)
    };
    // A slow machine wakes late.
    let early = |ms| told_before_the_end_of(ms) > Duration::from_millis(500);
    assert!([1000, 3000, 5000].into_iter().any(early), "it is told late");
}
