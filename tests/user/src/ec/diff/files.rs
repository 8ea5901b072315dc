// SPDX-License-Identifier: GPL-2.0

//! Calls without pointers of their own: of the file, and what the driver has nothing for.

use super::{
    actor::{outcome, Actor},
    op::Slot,
};
use crate::{
    events::{epoll_next, epoll_on, poll_now, select_readable},
    pages::result,
};
use rustix::{
    event::{epoll::EventFlags, PollFlags},
    fd::{AsRawFd, OwnedFd, RawFd},
    fs::OFlags,
    io::{self, fcntl_dupfd_cloexec},
};
use std::{fs, ptr, time::Duration};

/// `FIONREAD`, `FIONBIO`, `FIOASYNC`, `FIOQSIZE`, `FIOCLEX`, `TCGETS`, `TIOCGWINSZ`.
pub(super) const GENERIC_IOCTLS: [u32; 7] =
    [0x541b, 0x5421, 0x5452, 0x5460, 0x5451, 0x5401, 0x5413];

/// Of the file system itself: `FIFREEZE`, `FS_IOC_SETFLAGS` and their kin.
const OF_FILE_SYSTEMS: [u8; 3] = [b'X', b'f', 0x94];

/// What [`Actor::other`] has.
pub(super) const OTHERS: u64 = 8;

/// Leaves the file system out of it.
pub(super) fn harmless(number: u32) -> u32 {
    match OF_FILE_SYSTEMS.contains(&((number >> 8) as u8)) {
        true => number ^ 0x8000,
        false => number,
    }
}

impl Actor {
    pub(super) fn is_nonblocking(&self, slot: Slot) -> bool {
        let flags = self.file(slot).map(rustix::fs::fcntl_getfl);
        matches!(flags, Some(Ok(flags)) if flags.contains(OFlags::NONBLOCK))
    }

    pub(super) fn dup(&mut self, slot: Slot, to: Slot) -> String {
        let Some(file) = self.file(slot) else {
            return String::new();
        };
        let made = fcntl_dupfd_cloexec(file, 0);
        let text = outcome(made.as_ref().map(|_| 0).map_err(|e| *e));
        *self.slot(to) = made.ok();
        text
    }

    /// Takes out all events, without blocking.
    pub(super) fn drain(&mut self, slot: Slot) -> String {
        let mut text = String::new();
        while let Some(file) = self.file(slot) {
            let events = poll_now(file, PollFlags::IN);
            if events != PollFlags::IN {
                break;
            }
            let mut bytes = [0; 32];
            let came = io::read(file, &mut bytes);
            match came {
                Ok(len) if len > 0 => {
                    text += &format!("{:02x}+{}:{:02x} ", bytes[0], len - 1, bytes[len - 1]);
                }
                // Not for events; or it does not have them although it says so.
                other => return text + &outcome(other),
            }
        }
        text
    }

    pub(super) fn seek(&self, slot: Slot, offset: i64, whence: i32) -> String {
        self.with(slot, |fd| {
            // SAFETY: Takes no pointers.
            result(unsafe { libc::lseek(fd, offset, whence) } as isize)
        })
    }

    pub(super) fn poll(&self, slot: Slot, events: i16) -> String {
        let Some(file) = self.file(slot) else {
            return String::new();
        };
        let events = PollFlags::from_bits_retain(events as u16);
        without_error(poll_now(file, events).bits().into())
    }

    pub(super) fn select(&self, slot: Slot) -> String {
        let Some(file) = self.file(slot) else {
            return String::new();
        };
        format!("{}", select_readable(file, Duration::ZERO))
    }

    pub(super) fn epoll(&self, slot: Slot) -> String {
        let Some(file) = self.file(slot) else {
            return String::new();
        };
        let epoll = epoll_on(file, EventFlags::IN | EventFlags::PRI | EventFlags::OUT);
        without_error(epoll_next(epoll, Duration::ZERO).bits())
    }

    pub(super) fn set_flags(&self, slot: Slot, flags: i32) -> String {
        self.with(slot, |fd| {
            // SAFETY: Takes no pointers.
            result(unsafe { libc::fcntl(fd, libc::F_SETFL, flags) } as isize)
        })
    }

    /// The lines "pos:" and "flags:" of the file in `/proc`.
    pub(super) fn info(&self, slot: Slot) -> String {
        let Some(file) = self.file(slot) else {
            return String::new();
        };
        let path = format!("/proc/self/fdinfo/{}", file.as_raw_fd());
        let text = fs::read_to_string(path).unwrap_or_else(|e| e.to_string());
        let known = |line: &&str| line.starts_with("pos:") || line.starts_with("flags:");
        text.lines().filter(known).collect::<Vec<_>>().join(" ")
    }

    /// What the driver has nothing for.
    pub(super) fn other(&self, slot: Slot, which: u8) -> String {
        self.with(slot, |fd| {
            // SAFETY: Nothing is read or written but the arena, to which no reference exists; a
            // mapping would be nobody's.
            let value = unsafe {
                match which {
                    0 => libc::fsync(fd) as isize,
                    1 => libc::ftruncate(fd, 0) as isize,
                    2 => map(fd, libc::MAP_SHARED),
                    3 => map(fd, libc::MAP_PRIVATE),
                    4 => libc::splice(fd, ptr::null_mut(), self.pipe(), ptr::null_mut(), 64, 2),
                    5 => libc::splice(self.pipe_out(), ptr::null_mut(), fd, ptr::null_mut(), 64, 2),
                    6 => libc::fallocate(fd, 0, 0, 1) as isize,
                    _ => libc::posix_fadvise(fd, 0, 0, 0) as isize,
                }
            };
            result(value)
        })
    }

    /// What a call of the file in `slot` returns.
    fn with(&self, slot: Slot, call: impl FnOnce(RawFd) -> io::Result<usize>) -> String {
        let call = |file: &OwnedFd| outcome(call(file.as_raw_fd()));
        self.file(slot).map_or(String::new(), call)
    }
}

/// # Safety
///
/// None: it only maps where nothing is.
unsafe fn map(fd: RawFd, flags: i32) -> isize {
    // SAFETY: Where the kernel likes it, nobody has memory.
    let at = unsafe { libc::mmap(ptr::null_mut(), 4096, libc::PROT_READ, flags, fd, 0) };
    match at == libc::MAP_FAILED {
        true => -1,
        false => 0,
    }
}

/// The events. Of a file whose device is gone, C says HUP alone, and ours says ERR as well.
fn without_error(events: u32) -> String {
    match events & libc::POLLHUP as u32 {
        0 => format!("{events:#x}"),
        _ => format!("{:#x}", events & !(libc::POLLERR as u32)),
    }
}
