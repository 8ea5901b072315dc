// SPDX-License-Identifier: GPL-2.0

//! Pending requests, and files that are registered with a ring.

use super::{Holder, Way};
use crate::{
    aio::Aio,
    events::GONE,
    ring::{Request, Ring},
    HANG,
};
use rustix::{event::PollFlags, fd::OwnedFd, io::Errno};
use std::{thread, time::Duration};

/// Time for a request to reach the point where it waits.
const SETTLE: Duration = Duration::from_millis(50);

pub(super) const WAYS: &[Way] = &[
    Way::file("a fixed file of io_uring", |file| {
        let mut ring = Ring::new();
        ring.register(&file);
        Box::new(Fixed(ring))
    }),
    Way::file("a pending read of io_uring", |file| {
        Box::new(Requested::new(|ring| ring.read(&file), Err(Errno::NODEV)))
    }),
    Way::file("a pending poll of io_uring", |file| {
        let gone = Ok(GONE.bits().into());
        Box::new(Requested::new(|ring| ring.poll(&file, PollFlags::IN), gone))
    }),
    Way::file("a poll of AIO", |file| {
        let aio = Aio::new();
        aio.poll(&file, PollFlags::IN).expect("io_submit");
        Box::new(AioPoll { _file: file, aio })
    }),
];

struct Fixed(Ring);

impl Holder for Fixed {
    fn assert_reaches(&mut self) {
        let poll = self.0.poll_fixed(PollFlags::OUT);
        assert_eq!(self.0.result(poll), Ok(PollFlags::OUT.bits().into()));
    }

    fn assert_cut_off(&mut self) {
        let poll = self.0.poll_fixed(PollFlags::OUT);
        assert_eq!(self.0.result(poll), Ok(GONE.bits().into()));
        let write = self.0.write_fixed();
        assert_eq!(self.0.result(write), Err(Errno::NODEV));
    }
}

/// A request that has the only reference to the file.
struct Requested {
    ring: Ring,
    request: Request,
    end: Result<u32, Errno>,
}

impl Requested {
    fn new(request: impl FnOnce(&mut Ring) -> Request, end: Result<u32, Errno>) -> Self {
        let mut ring = Ring::new();
        let request = request(&mut ring);
        thread::sleep(SETTLE);
        assert_eq!(ring.try_result(request), None);
        Self { ring, request, end }
    }
}

impl Holder for Requested {
    fn assert_cut_off(&mut self) {
        assert_eq!(self.ring.result(self.request), self.end);
    }
}

struct AioPoll {
    _file: OwnedFd,
    aio: Aio,
}

impl Holder for AioPoll {
    fn assert_cut_off(&mut self) {
        assert_eq!(self.aio.result(HANG), Some(GONE));
    }
}
