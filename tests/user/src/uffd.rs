// SPDX-License-Identifier: GPL-2.0

//! Pages that are registered with a userfaultfd. The test decides when faults are served.
//!
//! C header: `linux/userfaultfd.h`.

use crate::{
    events,
    pages::{Pages, PAGE},
    HANG,
};
use rustix::{
    event::PollFlags,
    fd::{AsFd, BorrowedFd, OwnedFd},
    ioctl::{ioctl, opcode, Opcode, Updater},
    mm::{userfaultfd, UserfaultfdFlags},
};
use std::sync::Arc;

const UFFD_API: u64 = 0xaa;
const GROUP: u8 = 0xaa;
const REGISTER_MODE_MISSING: u64 = 1;
const EVENT_PAGEFAULT: u8 = 0x12;

#[repr(C)]
struct Api {
    api: u64,
    features: u64,
    ioctls: u64,
}

#[repr(C)]
struct Register {
    start: u64,
    len: u64,
    mode: u64,
    ioctls: u64,
}

#[repr(C)]
struct Copy {
    dst: u64,
    src: u64,
    len: u64,
    mode: u64,
    copied: i64,
}

const API: Opcode = opcode::read_write::<Api>(GROUP, 0x3f);
const REGISTER: Opcode = opcode::read_write::<Register>(GROUP, 0x00);
const COPY: Opcode = opcode::read_write::<Copy>(GROUP, 0x03);

/// The userfaultfd of absent pages: an access to one waits until the fault is served.
///
/// When it is dropped, stuck tasks continue with pages of zeros.
pub struct Uffd {
    fd: OwnedFd,
    start: usize,
}

impl Uffd {
    /// `count` absent pages, and their userfaultfd.
    pub fn unserved(count: usize) -> (Arc<Pages>, Self) {
        let pages = Pages::fresh(count);
        let flags = UserfaultfdFlags::CLOEXEC | UserfaultfdFlags::NONBLOCK;
        // SAFETY: It only serves faults of `pages`, to which no reference exists.
        let fd = unsafe { userfaultfd(flags) }.expect("userfaultfd");
        let mut api = Api {
            api: UFFD_API,
            features: 0,
            ioctls: 0,
        };
        // SAFETY: The number says that an `Api` is read and written.
        unsafe { ioctl(&fd, Updater::<API, Api>::new(&mut api)) }.expect("UFFDIO_API");
        let mut register = Register {
            start: pages.addr() as u64,
            len: pages.size() as u64,
            mode: REGISTER_MODE_MISSING,
            ioctls: 0,
        };
        // SAFETY: A `Register` is read and written, as the number says; its range is `pages`.
        unsafe { ioctl(&fd, Updater::<REGISTER, Register>::new(&mut register)) }
            .expect("UFFDIO_REGISTER");
        let start = pages.addr();
        (Arc::new(pages), Self { fd, start })
    }

    /// Waits until a task is stuck in a fault on these pages.
    pub fn wait_stuck(&self) {
        wait_stuck(self.fd.as_fd());
    }

    /// Serves faults of the page with this index, which starts with `bytes`. Stuck tasks continue.
    pub fn serve(&self, index: usize, bytes: &[u8]) {
        let source = Pages::fresh(1);
        source.set(0, bytes);
        let mut copy = Copy {
            dst: (self.start + index * PAGE) as u64,
            src: source.addr() as u64,
            len: PAGE as u64,
            mode: 0,
            copied: 0,
        };
        // SAFETY: The number says that a `Copy` is read and written; both addresses are those of
        // pages to which no reference exists.
        unsafe { ioctl(&self.fd, Updater::<COPY, Copy>::new(&mut copy)) }.expect("UFFDIO_COPY");
    }
}

impl AsFd for Uffd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Waits until `uffd` reports a fault: a task is stuck.
pub fn wait_stuck(uffd: BorrowedFd<'_>) {
    let ready = events::poll_for(uffd, PollFlags::IN, HANG);
    assert_eq!(ready, PollFlags::IN, "nobody faults on the absent page");
    let mut message = [0u8; 32];
    let len = rustix::io::read(uffd, &mut message).expect("read of a userfaultfd");
    assert_eq!((len, message[0]), (32, EVENT_PAGEFAULT));
}
