// SPDX-License-Identifier: GPL-2.0

//! io_uring: requests that are pending while the test continues.

use crate::{
    pages::{Pages, PAGE},
    testdev::Command,
    wait_until, HANG,
};
use io_uring::{
    cqueue, opcode,
    squeue::Entry,
    types::{Fd, Fixed},
    IoUring,
};
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
    done: HashMap<u64, Done>,
}

/// The last completion of a request.
struct Done {
    result: i32,
    /// More completions follow.
    more: bool,
}

/// Identifies a request of a [`Ring`].
pub type Request = u64;

/// The size of each request's buffer.
const BUFFER: u32 = 64;

impl Ring {
    /// A ring for a few dozen requests.
    pub fn new() -> Self {
        Self::with_room(64)
    }

    /// A ring for that many requests.
    pub fn with_room(requests: u32) -> Self {
        let size = (requests * BUFFER) as usize;
        Self {
            ring: IoUring::new(requests).expect("io_uring_setup"),
            buffers: Pages::fresh(size.div_ceil(PAGE)),
            next: 0,
            done: HashMap::new(),
        }
    }

    /// Starts a read of up to 64 bytes.
    pub fn read(&mut self, fd: impl AsFd) -> Request {
        let (fd, buffer) = (Fd(fd.as_fd().as_raw_fd()), self.buffer());
        self.submit(opcode::Read::new(fd, buffer as *mut u8, BUFFER).build())
    }

    /// Starts a read to memory of the caller.
    ///
    /// # Safety
    ///
    /// No reference to this memory exists, and it stays mapped until the request has ended.
    pub unsafe fn read_to(&mut self, fd: impl AsFd, addr: usize, len: usize) -> Request {
        let fd = Fd(fd.as_fd().as_raw_fd());
        self.submit(opcode::Read::new(fd, addr as *mut u8, len as u32).build())
    }

    /// Starts a write of four bytes.
    pub fn write(&mut self, fd: impl AsFd) -> Request {
        let (fd, buffer) = (Fd(fd.as_fd().as_raw_fd()), self.buffer());
        self.submit(opcode::Write::new(fd, buffer as *const u8, 4).build())
    }

    /// Starts reads of up to 64 bytes, one after the other, until one fails or all `count` buffers
    /// are used.
    pub fn read_many(&mut self, fd: impl AsFd, count: u16) -> Request {
        const GROUP: u16 = 0;
        let buffers =
            opcode::ProvideBuffers::new(self.buffer() as *mut u8, BUFFER as i32, count, GROUP, 0);
        let provided = self.submit(buffers.build());
        self.next += u64::from(count);
        assert_eq!(self.result(provided), Ok(0));
        let fd = Fd(fd.as_fd().as_raw_fd());
        self.submit(opcode::ReadMulti::new(fd, 0, GROUP).build())
    }

    /// Starts a one-shot poll.
    pub fn poll(&mut self, fd: impl AsFd, interest: PollFlags) -> Request {
        let fd = Fd(fd.as_fd().as_raw_fd());
        self.submit(opcode::PollAdd::new(fd, interest.bits().into()).build())
    }

    /// Starts a testdev command.
    pub fn command(&mut self, fd: impl AsFd, command: Command) -> Request {
        let fd = Fd(fd.as_fd().as_raw_fd());
        let entry = opcode::UringCmd16::new(fd, command.op).cmd(command.payload());
        self.submit(entry.build())
    }

    /// Starts the same, with a registered buffer that the ring does not have.
    pub fn command_with_buffer(&mut self, fd: impl AsFd, command: Command) -> Request {
        let fd = Fd(fd.as_fd().as_raw_fd());
        let entry = opcode::UringCmd16::new(fd, command.op).cmd(command.payload());
        self.submit(entry.buf_index(Some(0)).build())
    }

    /// Starts the cancellation of another request.
    pub fn cancel(&mut self, request: Request) -> Request {
        self.submit(opcode::AsyncCancel::new(request).build())
    }

    /// Registers `fd` as its fixed file.
    pub fn register(&mut self, fd: impl AsFd) {
        let files = [fd.as_fd().as_raw_fd()];
        let registered = self.ring.submitter().register_files(&files);
        registered.expect("io_uring_register");
    }

    /// As [`Ring::poll`], on the fixed file.
    pub fn poll_fixed(&mut self, interest: PollFlags) -> Request {
        self.submit(opcode::PollAdd::new(Fixed(0), interest.bits().into()).build())
    }

    /// As [`Ring::write`], to the fixed file.
    pub fn write_fixed(&mut self) -> Request {
        let buffer = self.buffer();
        self.submit(opcode::Write::new(Fixed(0), buffer as *const u8, 4).build())
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

    /// The result of a request, or of its last completion, if there is one: bytes or events.
    pub fn try_result(&mut self, request: Request) -> Option<Result<u32, Errno>> {
        // Lets the kernel run task work that it has deferred to the next system call.
        let _ = self.ring.submit();
        let done = self.ring.completion().map(|entry| {
            let (result, more) = (entry.result(), cqueue::more(entry.flags()));
            (entry.user_data(), Done { result, more })
        });
        self.done.extend(done);
        self.done.get(&request).map(|done| {
            u32::try_from(done.result).map_err(|_| Errno::from_raw_os_error(-done.result))
        })
    }

    /// Whether no more completions follow for a request whose [`Ring::result`] was taken.
    pub fn is_over(&self, request: Request) -> bool {
        !self.done[&request].more
    }

    /// Waits until a request ends, which must happen soon. Returns its result: bytes or events.
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
