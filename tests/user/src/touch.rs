// SPDX-License-Identifier: GPL-2.0

//! The calls that copy from or to user memory, to be made with memory of any kind.

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

/// A call that accesses the first bytes of a [`Pages`].
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
    /// TESTDEV_FILL of a range. The `struct testdev_range` is elsewhere.
    Fill,
    /// TESTDEV_SUM, the same.
    Sum,
}

impl Touch {
    /// TESTDEV_WAIT; eight zeros mean an interruptible one.
    pub const WAIT: Self = Self::Ioctl(testdev::WAIT);
    /// TESTDEV_STATS.
    pub const STATS: Self = Self::Ioctl(testdev::STATS);

    /// The calls that testdev's FIFO supports.
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

    /// The calls that edu supports.
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
    /// Those of the driver.
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

    /// The system calls that it may make.
    pub fn calls(self) -> &'static [c_long] {
        match self {
            Self::Read | Self::ReadVec => calls::READ,
            Self::Write | Self::WriteVec => calls::WRITE,
            Self::Ioctl(_) | Self::Fill | Self::Sum => calls::IOCTL,
        }
    }

    /// Its result if the page fault is served after unplug: a read has already taken its data.
    pub fn says_in_the_end(self) -> io::Result<usize> {
        match self.takes() {
            true => Ok(4),
            false => Err(Errno::NODEV),
        }
    }

    /// Whether it needs data in the device to read.
    pub fn takes(self) -> bool {
        matches!(self, Self::Read | Self::ReadVec)
    }
}

/// An open file, with four bytes to read if `touch` takes some.
pub fn prepared(device: &Device, touch: Touch) -> OwnedFd {
    let fd = device.open_empty();
    if touch.takes() {
        assert_eq!(io::write(&fd, &5u32.to_ne_bytes()), Ok(4));
        assert_eq!(poll_for(&fd, PollFlags::IN, HANG), PollFlags::IN);
    }
    fd
}

/// A child that is stuck in `touch`, and its userfaultfd: when this is closed, the child continues
/// with zeros. It exits with the errno of the call, or 0.
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

/// Runs `test` for each call of both drivers that accesses user memory; in the short form, for one
/// of two, chosen at random.
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
