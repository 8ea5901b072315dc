// SPDX-License-Identifier: GPL-2.0

//! Descriptors, and all ways to get one.

use super::{Held, Holder, Way};
use crate::{
    child::Child,
    fdpass,
    fifo::{assert_gone, assert_works},
};
use rustix::{
    fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
    fs::{open, Mode, OFlags},
    io::{dup, fcntl_getfd, read, Errno},
};

pub(super) const WAYS: &[Way] = &[
    Way::file("a descriptor", |file| Box::new(file)),
    Way::file("dup", |file| Box::new(dup(file).expect("dup"))),
    Way::file("in flight over SCM_RIGHTS", |file| {
        let (left, right) = fdpass::pair();
        fdpass::send(&left, file.as_fd());
        Box::new(InFlight {
            _sender: left,
            receiver: right,
        })
    }),
    Way::file("received over SCM_RIGHTS", |file| {
        let (left, right) = fdpass::pair();
        fdpass::send(&left, file.as_fd());
        Box::new(fdpass::receive(right))
    }),
    Way::file("pidfd_getfd", |file| Box::new(stolen(file))),
    Way {
        name: "/proc/self/fd, opened again",
        held: Held::Another,
        hold: |file| Box::new(open_again(&file, OFlags::RDWR).expect("open again")),
    },
    Way {
        name: "O_PATH",
        held: Held::Path,
        hold: |file| Box::new(Path(open_again(&file, OFlags::PATH).expect("O_PATH"))),
    },
];

impl Holder for OwnedFd {
    fn assert_reaches(&mut self) {
        assert_works(&*self);
    }

    fn assert_cut_off(&mut self) {
        assert_gone(&*self);
    }
}

struct InFlight {
    _sender: OwnedFd,
    receiver: OwnedFd,
}

impl Holder for InFlight {
    fn assert_cut_off(&mut self) {
        assert_gone(fdpass::receive(&self.receiver));
    }
}

/// An `O_PATH` descriptor: it names a node, and supports no calls.
struct Path(OwnedFd);

impl Holder for Path {
    fn assert_reaches(&mut self) {
        assert_eq!(read(&self.0, &mut [0; 4]), Err(Errno::BADF));
        assert_works(open_again(&self.0, OFlags::RDWR).expect("open by the path"));
    }

    fn assert_cut_off(&mut self) {
        let opened = open_again(&self.0, OFlags::RDWR).map(drop);
        assert!(
            matches!(opened, Err(Errno::NODEV | Errno::NXIO | Errno::NOENT)),
            "{opened:?}"
        );
    }
}

/// Opens the node of `file` again.
fn open_again(file: &OwnedFd, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    let link = format!("/proc/self/fd/{}", file.as_raw_fd());
    open(
        link,
        flags | OFlags::CLOEXEC | OFlags::NONBLOCK,
        Mode::empty(),
    )
}

/// A descriptor that is taken from another process, which has then exited.
fn stolen(file: OwnedFd) -> OwnedFd {
    let number = file.as_raw_fd();
    let (ours, theirs) = fdpass::pair();
    let child = Child::fork(|| {
        // Sleeps until the child is killed.
        let _ = read(&theirs, &mut [0]);
        0
    });
    drop(file);
    // SAFETY: Takes no pointers.
    let pidfd = unsafe { libc::syscall(libc::SYS_pidfd_open, child.pid(), 0) };
    assert!(pidfd >= 0, "pidfd_open");
    // SAFETY: `pidfd_open()` created the descriptor, and nothing else owns it.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd as i32) };
    // SAFETY: Takes no pointers.
    let got = unsafe { libc::syscall(libc::SYS_pidfd_getfd, pidfd.as_raw_fd(), number, 0) };
    assert!(got >= 0, "pidfd_getfd");
    drop(ours);
    // SAFETY: `pidfd_getfd()` created the descriptor, and nothing else owns it.
    let got = unsafe { OwnedFd::from_raw_fd(got as i32) };
    fcntl_getfd(&got).expect("a descriptor");
    got
}
