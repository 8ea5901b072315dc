// SPDX-License-Identifier: GPL-2.0

//! Linux AIO and io_uring: requests that are cancelled, or waited for.

use super::Op;
use crate::{
    ops::files::File,
    profile,
    sys::{self, raw, Addr, Done},
    worker::{How, Worker},
};
use io_uring::{opcode, squeue::Entry, types::Fd, IoUring};
use libc::iocb;
use rustix::fd::AsRawFd;
use std::{mem, time::Duration};

/// A context of Linux AIO with room for one request.
pub struct Aio(u64);

/// Kinds of requests.
const PREAD: u16 = 0;
const POLL: u16 = 5;

impl Aio {
    fn new() -> Result<Self, i32> {
        let mut context = 0u64;
        raw(libc::SYS_io_setup, [1, &raw mut context as u64])?;
        Ok(Self(context))
    }

    /// Submits a request and waits for it; it is cancelled where it is not to sleep, or is
    /// interrupted.
    fn run(&self, mut request: iocb, sleeps: bool) -> Done {
        let list = [&raw mut request];
        raw(libc::SYS_io_submit, [self.0, 1, list.as_ptr() as u64])?;
        let mut event = [0u64; 4];
        let place = event.as_mut_ptr() as u64;
        let none = sys::timespec(Duration::ZERO);
        let limit = if sleeps { 0 } else { &raw const none as u64 };
        let events = |limit| raw(libc::SYS_io_getevents, [self.0, 1, 1, place, limit]);
        let mut got = events(limit);
        while got != Ok(1) {
            let mut ignored = [0u64; 4];
            let (request, place) = (&raw mut request as u64, &raw mut ignored as u64);
            let _ = raw(libc::SYS_io_cancel, [self.0, request, place]);
            got = events(0);
        }
        sys::of_request(event[2] as i64)
    }
}

impl Drop for Aio {
    fn drop(&mut self) {
        let _ = raw(libc::SYS_io_destroy, [self.0]);
    }
}

/// An io_uring.
pub struct Ring {
    ring: IoUring,
    next: u64,
}

/// The number of requests to cancel others.
const CANCELS: u64 = 0;

impl Ring {
    fn new() -> Result<Self, i32> {
        let ring = IoUring::new(8).map_err(|e| e.raw_os_error().unwrap_or(libc::EIO))?;
        Ok(Self {
            ring,
            next: CANCELS + 1,
        })
    }

    fn push(&mut self, entry: &Entry) {
        // SAFETY: Its memory is the worker's, which waits until the request has ended.
        let pushed = unsafe { self.ring.submission().push(entry) };
        debug_assert!(pushed.is_ok(), "no more than two are under way");
    }

    /// As [`Aio::run`]. Where it does not end though it is cancelled, as commands do not, there is
    /// nothing; then the ring has to go.
    fn run(&mut self, entry: Entry, sleeps: bool, stays: bool) -> Option<Done> {
        let number = self.next;
        self.next += 1;
        self.push(&entry.user_data(number));
        let mut waits = sleeps;
        loop {
            let interrupted = self.ring.submit_and_wait(usize::from(waits)).is_err();
            for done in self.ring.completion() {
                if done.user_data() == number {
                    return Some(sys::of_request(done.result().into()));
                }
            }
            if !stays && (interrupted || !waits) {
                return None;
            }
            // Each time: one that is on its way from a poll to a thread is not found.
            if interrupted || !waits {
                self.push(&opcode::AsyncCancel::new(number).build().user_data(CANCELS));
            }
            waits = true;
        }
    }
}

impl Worker {
    /// A request of Linux AIO.
    pub fn with_aio(&mut self, op: Op, file: &File, how: How) -> Done {
        // SAFETY: Zeros are a valid value.
        let mut request: iocb = unsafe { mem::zeroed() };
        request.aio_fildes = file.fd.as_raw_fd() as u32;
        request.aio_lio_opcode = POLL;
        request.aio_buf = libc::POLLIN as u64;
        if op == Op::AioRead {
            request.aio_lio_opcode = PREAD;
            request.aio_nbytes = *self.rng.one_of(&self.profile.read).unwrap_or(&0) as u64;
            request.aio_buf = self.lent.at(0).0;
        }
        let aio = match &mut self.aio {
            Some(aio) => aio,
            none => none.insert(Aio::new()?),
        };
        aio.run(request, how.sleeps)
    }

    /// A request of io_uring.
    pub fn with_ring(&mut self, op: Op, file: &File, how: How) -> Done {
        let profile = self.profile.clone();
        let fd = Fd(file.fd.as_raw_fd());
        let entry = match op {
            Op::UringRead => {
                let len = *self.rng.one_of(&profile.read).unwrap_or(&0);
                let Addr(addr) = self.lent_buffer(len, &[], how);
                opcode::Read::new(fd, addr as *mut u8, len as u32).build()
            }
            Op::UringWrite => {
                let len = *self.rng.one_of(&profile.write).unwrap_or(&0);
                let Addr(addr) = self.lent_buffer(len, &profile.data, how);
                opcode::Write::new(fd, addr as *const u8, len as u32).build()
            }
            Op::UringPoll => opcode::PollAdd::new(fd, libc::POLLIN as u32).build(),
            _ => {
                let command = self.rng.one_of(&profile.command);
                let op = command.map_or(self.rng.below(8) as u32, |it| it.op);
                let data = command
                    .and_then(|it| profile::bytes(&it.data))
                    .unwrap_or_default();
                let mut payload = [0; 16];
                let len = data.len().min(16);
                payload[..len].copy_from_slice(&data[..len]);
                opcode::UringCmd16::new(fd, op).cmd(payload).build()
            }
        };
        let ring = match &mut self.ring {
            Some(ring) => ring,
            none => none.insert(Ring::new()?),
        };
        let said = ring.run(entry, how.sleeps, op != Op::UringCommand);
        if said.is_none() {
            self.ring = None;
        }
        said.unwrap_or(Err(libc::ECANCELED))
    }
}
