// SPDX-License-Identifier: GPL-2.0

//! Calls that sleep, and epoll instances that watch the file.

use super::{Holder, Way};
use crate::{
    events::{epoll_next, epoll_on, poll_for, EPOLL_GONE, GONE},
    fifo::{assert_gone, assert_works},
    proc::calls,
    sleeper::Sleeper,
    testdev::{self, Wait},
    FOR_EVER, UNBIND_LIMIT,
};
use rustix::{
    event::{epoll::EventFlags, PollFlags},
    fd::OwnedFd,
    io::{self, Errno},
};
use std::{sync::Arc, time::Duration};

pub(super) const WAYS: &[Way] = &[
    Way::file("a pending call", |file| {
        let file = Arc::new(file);
        let held = file.clone();
        let wait = move || testdev::wait(&*held, Wait::INTERRUPTIBLE);
        let sleeper = Some(Sleeper::asleep("a caller", calls::IOCTL, wait));
        Box::new(Pending { file, sleeper })
    }),
    Way::file("a pending poll", |file| {
        Box::new(Polling(Some(Sleeper::asleep(
            "poll",
            calls::POLL,
            move || poll_for(file, PollFlags::IN, FOR_EVER),
        ))))
    }),
    Way::file("epoll", |file| {
        let epoll = epoll_on(&file, EventFlags::IN);
        Box::new(Watched { file, epoll })
    }),
    Way::file("epoll in epoll", |file| {
        let inner = epoll_on(&file, EventFlags::IN);
        let outer = epoll_on(&inner, EventFlags::IN);
        let watched = Watched { file, epoll: inner };
        Box::new(Nested { watched, outer })
    }),
];

/// A thread sleeps in the driver, and the file can still be used for other calls.
struct Pending {
    file: Arc<OwnedFd>,
    sleeper: Option<Sleeper<io::Result<()>>>,
}

impl Holder for Pending {
    fn assert_reaches(&mut self) {
        assert_works(&*self.file);
    }

    fn assert_cut_off(&mut self) {
        let sleeper = self.sleeper.take().expect("asked once");
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        assert_gone(&*self.file);
    }
}

struct Polling(Option<Sleeper<PollFlags>>);

impl Holder for Polling {
    fn assert_cut_off(&mut self) {
        let sleeper = self.0.take().expect("asked once");
        assert_eq!(sleeper.result_within(UNBIND_LIMIT), GONE);
    }
}

struct Watched {
    file: OwnedFd,
    epoll: OwnedFd,
}

impl Holder for Watched {
    fn assert_reaches(&mut self) {
        let events = epoll_next(&self.epoll, Duration::ZERO);
        assert_eq!(events, EventFlags::empty());
        assert_works(&self.file);
    }

    fn assert_cut_off(&mut self) {
        for _ in 0..2 {
            assert_eq!(epoll_next(&self.epoll, UNBIND_LIMIT), EPOLL_GONE);
        }
        assert_gone(&self.file);
    }
}

struct Nested {
    watched: Watched,
    outer: OwnedFd,
}

impl Holder for Nested {
    fn assert_reaches(&mut self) {
        let events = epoll_next(&self.outer, Duration::ZERO);
        assert_eq!(events, EventFlags::empty());
        self.watched.assert_reaches();
    }

    fn assert_cut_off(&mut self) {
        assert_eq!(epoll_next(&self.outer, UNBIND_LIMIT), EventFlags::IN);
        self.watched.assert_cut_off();
    }
}
