// SPDX-License-Identifier: GPL-2.0

//! Polls of Linux AIO: `IOCB_CMD_POLL`, which accepts one wait queue only.

use rustix::{
    event::PollFlags,
    fd::{AsFd, AsRawFd},
    io::Errno,
};
use std::{ptr, time::Duration};

const IOCB_CMD_POLL: u16 = 5;

/// `struct iocb`.
#[repr(C)]
#[derive(Default)]
struct Iocb {
    data: u64,
    key: u32,
    rw_flags: i32,
    opcode: u16,
    priority: i16,
    fd: u32,
    buf: u64,
    nbytes: u64,
    offset: i64,
    reserved: u64,
    flags: u32,
    resfd: u32,
}

/// `struct io_event`.
#[repr(C)]
#[derive(Default)]
struct Event {
    data: u64,
    obj: u64,
    res: i64,
    res2: i64,
}

/// A context with room for one request.
pub struct Aio(libc::c_ulong);

impl Aio {
    /// Creates a context.
    #[expect(clippy::new_without_default)]
    pub fn new() -> Self {
        let mut context = 0;
        // SAFETY: The kernel writes the context to the variable.
        let result = unsafe { libc::syscall(libc::SYS_io_setup, 1, &raw mut context) };
        assert_eq!(result, 0, "io_setup: {}", std::io::Error::last_os_error());
        Self(context)
    }

    /// Submits a poll for `events`.
    pub fn poll(&self, fd: impl AsFd, events: PollFlags) -> Result<(), Errno> {
        let mut request = Iocb {
            opcode: IOCB_CMD_POLL,
            fd: fd.as_fd().as_raw_fd() as u32,
            buf: events.bits().into(),
            ..Iocb::default()
        };
        let mut list = [&raw mut request];
        // SAFETY: The kernel has read the list and the request when the call returns.
        let submitted = unsafe { libc::syscall(libc::SYS_io_submit, self.0, 1, list.as_mut_ptr()) };
        match submitted {
            1 => Ok(()),
            _ => Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap()),
        }
    }

    /// The result of the request, if it ends within `limit`.
    pub fn result(&self, limit: Duration) -> Option<PollFlags> {
        let mut event = Event::default();
        let limit = libc::timespec {
            tv_sec: limit.as_secs() as i64,
            tv_nsec: limit.subsec_nanos().into(),
        };
        // SAFETY: The kernel writes at most one event to the variable.
        let got = unsafe {
            libc::syscall(
                libc::SYS_io_getevents,
                self.0,
                1,
                1,
                &raw mut event,
                &raw const limit,
            )
        };
        assert!(got >= 0, "{}", std::io::Error::last_os_error());
        (got == 1).then(|| PollFlags::from_bits_retain(event.res as u16))
    }
}

impl Drop for Aio {
    fn drop(&mut self) {
        // SAFETY: This object owns the context, which is not used again.
        unsafe { libc::syscall(libc::SYS_io_destroy, self.0, ptr::null::<()>()) };
    }
}
