// SPDX-License-Identifier: GPL-2.0

//! io_uring: requests that are under way while the test does something else.

use crate::{pages::Pages, wait_until, HANG};
use io_uring::{opcode, squeue::Entry, types::Fd, IoUring};
use rustix::{
    event::PollFlags,
    fd::{AsFd, AsRawFd},
    io::Errno,
};
use std::collections::HashMap;

/// A ring, with the memory that its reads and writes use.
pub struct Ring {
    ring: IoUring,
    buffers: Pages,
    next: u64,
    done: HashMap<u64, i32>,
}

/// Names a request of a [`Ring`].
pub type Request = u64;

/// The size of each request's buffer.
const BUFFER: u32 = 64;

impl Ring {
    /// A ring for a few dozen requests.
    pub fn new() -> Self {
        Self {
            ring: IoUring::new(64).expect("io_uring_setup"),
            buffers: Pages::fresh(1),
            next: 0,
            done: HashMap::new(),
        }
    }

    /// Starts a read of up to 64 bytes.
    pub fn read(&mut self, fd: impl AsFd) -> Request {
        let (fd, buffer) = (Fd(fd.as_fd().as_raw_fd()), self.buffer());
        self.submit(opcode::Read::new(fd, buffer as *mut u8, BUFFER).build())
    }

    /// Starts a write of four bytes.
    pub fn write(&mut self, fd: impl AsFd) -> Request {
        let (fd, buffer) = (Fd(fd.as_fd().as_raw_fd()), self.buffer());
        self.submit(opcode::Write::new(fd, buffer as *const u8, 4).build())
    }

    /// Starts a poll, which ends with its first event.
    pub fn poll(&mut self, fd: impl AsFd, interest: PollFlags) -> Request {
        let fd = Fd(fd.as_fd().as_raw_fd());
        self.submit(opcode::PollAdd::new(fd, interest.bits().into()).build())
    }

    /// The address of the next request's buffer.
    fn buffer(&self) -> usize {
        let offset = self.next as usize * BUFFER as usize;
        assert!(offset < self.buffers.size(), "no buffer is left");
        self.buffers.addr() + offset
    }

    fn submit(&mut self, entry: Entry) -> Request {
        let request = self.next;
        self.next += 1;
        let entry = entry.user_data(request);
        // SAFETY: The buffer is part of `buffers`, which lives as long as the ring and to which
        // no reference exists; the kernel takes its own reference to the file.
        unsafe { self.ring.submission().push(&entry) }.expect("room in the ring");
        assert_eq!(self.ring.submit().expect("io_uring_enter"), 1);
        request
    }

    /// How a request ended, if it has: bytes or events.
    pub fn try_result(&mut self, request: Request) -> Option<Result<u32, Errno>> {
        // Lets the kernel run what it put off until the next system call of this task.
        let _ = self.ring.submit();
        let done = self
            .ring
            .completion()
            .map(|entry| (entry.user_data(), entry.result()));
        self.done.extend(done);
        self.done
            .get(&request)
            .map(|&value| u32::try_from(value).map_err(|_| Errno::from_raw_os_error(-value)))
    }

    /// How a request ended, which must happen soon: bytes or events.
    pub fn result(&mut self, request: Request) -> Result<u32, Errno> {
        let mut result = None;
        wait_until(HANG, || {
            result = self.try_result(request);
            result.is_some()
        });
        result.unwrap_or_else(|| panic!("HANG: request {request} has not ended after {HANG:?}"))
    }
}

impl Default for Ring {
    fn default() -> Self {
        Self::new()
    }
}
