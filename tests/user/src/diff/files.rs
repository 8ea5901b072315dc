// SPDX-License-Identifier: GPL-2.0

//! Open files, and the calls that every file supports.

use super::{
    call::{Call, Slot},
    Alarm, Arena,
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
    pipe::{pipe_with, PipeFlags},
};
use std::{fs, ptr, time::Duration};

/// The open files of a sequence, for the thread that created this.
pub struct Files {
    slots: Vec<Option<OwnedFd>>,
    /// Memory for the calls.
    pub arena: Arena,
    /// Interrupts calls that would sleep without end.
    pub alarm: Alarm,
    pipe: (OwnedFd, OwnedFd),
    /// Events that `poll()` may or may not return after the device is gone.
    may_say: u32,
}

impl Files {
    /// Creates `slots` empty slots. When the device is gone, the events `may_say` are removed from
    /// the result of `poll()`.
    ///
    /// # Panics
    ///
    /// If there is no memory.
    pub fn new(slots: usize, arena: Arena, may_say: u32) -> Self {
        Self {
            slots: (0..slots).map(|_| None).collect(),
            arena,
            alarm: Alarm::new(),
            pipe: pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).expect("pipe"),
            may_say,
        }
    }

    /// The file in a slot.
    pub fn get(&self, slot: Slot) -> Option<&OwnedFd> {
        self.slots[slot].as_ref()
    }

    /// Puts a file into a slot, and closes the previous one.
    pub fn put(&mut self, slot: Slot, file: Option<OwnedFd>) {
        self.slots[slot] = file;
    }

    /// Closes all.
    pub fn clear(&mut self) {
        self.slots.fill_with(|| None);
    }

    /// Makes a call, and returns its outcome.
    pub fn call(&mut self, call: &Call) -> String {
        match *call {
            Call::Close { slot } => {
                self.put(slot, None);
                String::new()
            }
            Call::Dup { slot, to } => self.dup(slot, to),
            Call::Seek {
                slot,
                offset,
                whence,
            } => self.seek(slot, offset, whence),
            Call::Poll { slot, events } => self.poll(slot, events),
            Call::Select { slot } => self.select(slot),
            Call::Epoll { slot } => self.epoll(slot),
            Call::Flags { slot, flags } => self.set_flags(slot, flags),
            Call::Info { slot } => self.info(slot),
            Call::Other { slot, which } => self.other(slot, which),
        }
    }

    /// Whether the file in a slot is nonblocking.
    pub fn is_nonblocking(&self, slot: Slot) -> bool {
        let flags = self.get(slot).map(rustix::fs::fcntl_getfl);
        matches!(flags, Some(Ok(flags)) if flags.contains(OFlags::NONBLOCK))
    }

    fn dup(&mut self, slot: Slot, to: Slot) -> String {
        let Some(file) = self.get(slot) else {
            return String::new();
        };
        let made = fcntl_dupfd_cloexec(file, 0);
        let text = outcome(made.as_ref().map(|_| 0).map_err(|e| *e));
        self.put(to, made.ok());
        text
    }

    fn seek(&self, slot: Slot, offset: i64, whence: i32) -> String {
        self.with(slot, |fd| {
            // SAFETY: Takes no pointers.
            result(unsafe { libc::lseek(fd, offset, whence) } as isize)
        })
    }

    fn poll(&self, slot: Slot, events: i16) -> String {
        let Some(file) = self.get(slot) else {
            return String::new();
        };
        let events = PollFlags::from_bits_retain(events as u16);
        self.polled(poll_now(file, events).bits().into())
    }

    fn select(&self, slot: Slot) -> String {
        let Some(file) = self.get(slot) else {
            return String::new();
        };
        format!("{}", select_readable(file, Duration::ZERO))
    }

    fn epoll(&self, slot: Slot) -> String {
        let Some(file) = self.get(slot) else {
            return String::new();
        };
        let epoll = epoll_on(file, EventFlags::IN | EventFlags::PRI | EventFlags::OUT);
        self.polled(epoll_next(epoll, Duration::ZERO).bits())
    }

    fn set_flags(&self, slot: Slot, flags: i32) -> String {
        self.with(slot, |fd| {
            // SAFETY: Takes no pointers.
            result(unsafe { libc::fcntl(fd, libc::F_SETFL, flags) } as isize)
        })
    }

    /// The lines "pos:" and "flags:" of the file in `/proc`.
    fn info(&self, slot: Slot) -> String {
        let Some(file) = self.get(slot) else {
            return String::new();
        };
        let path = format!("/proc/self/fdinfo/{}", file.as_raw_fd());
        let text = fs::read_to_string(path).unwrap_or_else(|e| e.to_string());
        let known = |line: &&str| line.starts_with("pos:") || line.starts_with("flags:");
        text.lines().filter(known).collect::<Vec<_>>().join(" ")
    }

    /// A call that a driver may lack.
    fn other(&self, slot: Slot, which: u8) -> String {
        let (from, to) = (self.pipe.0.as_raw_fd(), self.pipe.1.as_raw_fd());
        self.with(slot, |fd| {
            // SAFETY: Only the arena is read or written, to which no reference exists; no code uses
            // a new mapping.
            let value = unsafe {
                match which {
                    0 => libc::fsync(fd) as isize,
                    1 => libc::ftruncate(fd, 0) as isize,
                    2 => map(fd, libc::MAP_SHARED),
                    3 => map(fd, libc::MAP_PRIVATE),
                    4 => libc::splice(fd, ptr::null_mut(), to, ptr::null_mut(), 64, 2),
                    5 => libc::splice(from, ptr::null_mut(), fd, ptr::null_mut(), 64, 2),
                    6 => libc::fallocate(fd, 0, 0, 1) as isize,
                    _ => libc::posix_fadvise(fd, 0, 0, 0) as isize,
                }
            };
            result(value)
        })
    }

    /// The outcome of a call on the file in `slot`.
    fn with(&self, slot: Slot, call: impl FnOnce(RawFd) -> io::Result<usize>) -> String {
        let call = |file: &OwnedFd| outcome(call(file.as_raw_fd()));
        self.get(slot).map_or(String::new(), call)
    }

    /// The events that `poll()` returned.
    fn polled(&self, events: u32) -> String {
        match events & libc::POLLHUP as u32 {
            0 => format!("{events:#x}"),
            _ => format!("{:#x}", events & !self.may_say),
        }
    }
}

/// # Safety
///
/// None: it only maps at a free address.
unsafe fn map(fd: RawFd, flags: i32) -> isize {
    // SAFETY: The kernel chooses a free address, so no other code uses this memory.
    let at = unsafe { libc::mmap(ptr::null_mut(), 4096, libc::PROT_READ, flags, fd, 0) };
    match at == libc::MAP_FAILED {
        true => -1,
        false => 0,
    }
}

/// The outcome of a call, as text.
pub fn outcome(result: io::Result<usize>) -> String {
    match result {
        Ok(value) => value.to_string(),
        Err(error) => format!("errno {}", error.raw_os_error()),
    }
}
