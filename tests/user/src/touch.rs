// SPDX-License-Identifier: GPL-2.0

//! The calls that copy from or to memory of the caller's, to be made on memory of any kind.

use crate::{
    child::Child,
    device::Device,
    edu, effort,
    events::poll_for,
    fdpass,
    pages::Pages,
    proc::calls,
    testdev,
    uffd::{self, Uffd},
    HANG,
};
use libc::c_long;
use rustix::{
    event::PollFlags,
    fd::{AsFd, OwnedFd},
    io::{self, Errno},
    ioctl::Opcode,
};

/// One call that touches the first bytes of a [`Pages`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touch {
    /// `read()` of four bytes.
    Read,
    /// `readv()` of two bytes into each of two parts.
    ReadVec,
    /// `write()` of four bytes.
    Write,
    /// `writev()` of two bytes from each of two parts.
    WriteVec,
    /// `ioctl()` with its argument there.
    Ioctl(Opcode),
    /// TESTDEV_FILL, a range whose description is elsewhere.
    Fill,
    /// TESTDEV_SUM, the same.
    Sum,
}

impl Touch {
    /// TESTDEV_WAIT; four zeros twice mean an interruptible one.
    pub const WAIT: Self = Self::Ioctl(testdev::WAIT);
    /// TESTDEV_STATS.
    pub const STATS: Self = Self::Ioctl(testdev::STATS);

    /// Those that testdev's FIFO knows.
    pub const TESTDEV: [Self; 9] = [
        Self::Read,
        Self::ReadVec,
        Self::Write,
        Self::WriteVec,
        Self::Ioctl(testdev::ECHO),
        Self::WAIT,
        Self::STATS,
        Self::Fill,
        Self::Sum,
    ];

    /// Those that edu knows.
    pub const EDU: [Self; 4] = [
        Self::Read,
        Self::Write,
        Self::Ioctl(edu::IDENT),
        Self::Ioctl(edu::ALIVE),
    ];

    /// Makes the call.
    ///
    /// # Errors
    ///
    /// The driver's.
    pub fn run(self, fd: impl AsFd, pages: &Pages) -> io::Result<usize> {
        match self {
            Self::Read => pages.read(fd, 0, 4),
            Self::ReadVec => pages.readv(fd, &[(0, 2), (2, 2)]),
            Self::Write => pages.write(fd, 0, 4),
            Self::WriteVec => pages.writev(fd, &[(0, 2), (2, 2)]),
            Self::Ioctl(number) => pages.ioctl(fd, number, 0),
            Self::Fill => pages.fill(fd, 0, 4).map(|()| 0),
            Self::Sum => pages.sum(fd, 0, 4).map(|sum| sum as usize),
        }
    }

    /// The system calls it may be.
    pub fn calls(self) -> &'static [c_long] {
        match self {
            Self::Read | Self::ReadVec => calls::READ,
            Self::Write | Self::WriteVec => calls::WRITE,
            Self::Ioctl(_) | Self::Fill | Self::Sum => calls::IOCTL,
        }
    }

    /// What it says when its memory comes after the device has gone: a read has taken what it copies.
    pub fn says_in_the_end(self) -> io::Result<usize> {
        match self.takes() {
            true => Ok(4),
            false => Err(Errno::NODEV),
        }
    }

    /// Whether it needs something in the device to read.
    pub fn takes(self) -> bool {
        matches!(self, Self::Read | Self::ReadVec)
    }
}

/// A file in which four bytes wait to be read if `touch` takes some, and else none.
pub fn prepared(device: &Device, touch: Touch) -> OwnedFd {
    let fd = device.open_empty();
    if touch.takes() {
        assert_eq!(io::write(&fd, &5u32.to_ne_bytes()), Ok(4));
        assert_eq!(poll_for(&fd, PollFlags::IN, HANG), PollFlags::IN);
    }
    fd
}

/// A child that is stuck in `touch`, and what holds it up: it goes on with zeros when that is closed. It
/// exits with what the call said, or 0.
pub fn stuck_child(device: &Device, touch: Touch) -> (Child, OwnedFd) {
    let fd = prepared(device, touch);
    let (ours, theirs) = fdpass::pair();
    let child = Child::fork(|| {
        let (pages, uffd) = Uffd::unserved(1);
        fdpass::send(&theirs, uffd.as_fd());
        drop(uffd);
        touch
            .run(&fd, &pages)
            .map_or_else(Errno::raw_os_error, |_| 0)
    });
    let uffd = fdpass::receive(&ours);
    uffd::wait_stuck(uffd.as_fd());
    child.wait_asleep(touch.calls());
    (child, uffd)
}

/// Runs `test` for every call that touches the caller's memory, of both drivers; in the short form
/// for one of two, and others the next time.
pub fn each(test: impl Fn(&Device, Touch)) {
    let edu = Touch::EDU.map(|touch| ("edu", touch));
    let testdev = Touch::TESTDEV.map(|touch| ("testdev", touch));
    let all = edu.into_iter().chain(testdev);
    let (first, stride) = effort::some_of(2);
    for (driver, touch) in all.skip(first).step_by(stride) {
        eprintln!("{driver} {touch:?}");
        test(&Device::get(driver, 0), touch);
    }
}
