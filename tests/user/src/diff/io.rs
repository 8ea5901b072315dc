// SPDX-License-Identifier: GPL-2.0

//! Calls with any pointer. A valid one points into the arena.

use super::{call::Slot, outcome, Files, Place};
use crate::{
    compat::{self, Number},
    pages::result,
};
use libc::{c_int, c_void, iovec};
use rustix::{
    fd::{AsRawFd, OwnedFd},
    io,
    ioctl::Opcode,
};

/// The call that reads.
#[derive(Clone, Copy, Debug)]
pub enum Reading {
    /// `read()`, or `readv()` for several pieces.
    Plain,
    /// `pread()` at this position.
    At(i64),
    /// `preadv2()` with these flags, from the file's position.
    Flags(i32),
}

impl Files {
    /// `ioctl()` with a pointer to `bytes`. Returns the outcome, and the changes of the bytes.
    pub fn ioctl(
        &self,
        slot: Slot,
        number: Opcode,
        place: Place,
        bytes: &[u8],
        compat: bool,
    ) -> String {
        if self.get(slot).is_none() {
            return String::new();
        }
        self.arena.prepare(place, bytes);
        let argument = self.arena.address(place, compat);
        outcome(self.ioctl_with(slot, number, argument, compat)) + &self.arena.changes(place, bytes)
    }

    /// `ioctl()` of a 64-bit or a 32-bit program, with any argument. EBADF if the slot is empty.
    /// The caller has prepared the memory at the argument.
    ///
    /// # Errors
    ///
    /// Those of the driver.
    pub fn ioctl_with(
        &self,
        slot: Slot,
        number: Opcode,
        argument: usize,
        is_compat: bool,
    ) -> io::Result<usize> {
        let file = self.get(slot).ok_or(io::Errno::BADF)?;
        let fd = file.as_raw_fd();
        match is_compat {
            // SAFETY: `argument` points into the arena, to which no reference exists, or is
            // invalid.
            true => unsafe { compat::ioctl(file, number, argument as u32) },
            // SAFETY: `argument` points into the arena, to which no reference exists, or is
            // invalid.
            false => result(unsafe { libc::ioctl(fd, number.into(), argument) } as isize),
        }
    }

    /// Reads into pieces of memory that the caller has prepared. EBADF if the slot is empty.
    ///
    /// # Errors
    ///
    /// Those of the driver. EINTR if it would sleep without end.
    pub fn read(&self, slot: Slot, pieces: &[(Place, usize)], how: Reading) -> io::Result<usize> {
        let file = self.get(slot).ok_or(io::Errno::BADF)?;
        let iov = self.iovecs(pieces);
        self.unless_it_sleeps(slot, || read(file, &iov, how))
    }

    /// Writes pieces of memory that the caller has prepared. EBADF if the slot is empty.
    ///
    /// # Errors
    ///
    /// Those of the driver.
    pub fn write(&self, slot: Slot, pieces: &[(Place, usize)]) -> io::Result<usize> {
        let file = self.get(slot).ok_or(io::Errno::BADF)?;
        let (fd, iov) = (file.as_raw_fd(), self.iovecs(pieces));
        // SAFETY: Each piece is in the arena, to which no reference exists, or invalid.
        result(unsafe {
            match iov[..] {
                [one] => libc::write(fd, one.iov_base, one.iov_len),
                _ => libc::writev(fd, iov.as_ptr(), iov.len() as c_int),
            }
        })
    }

    /// `read()` or `write()` of a 32-bit program. EBADF if the slot is empty.
    ///
    /// # Errors
    ///
    /// Those of the driver. EINTR if it would sleep without end.
    pub fn compat(
        &self,
        slot: Slot,
        number: Number,
        (place, len): (Place, usize),
    ) -> io::Result<usize> {
        let file = self.get(slot).ok_or(io::Errno::BADF)?;
        let at = self.arena.address(place, true) as u32;
        // SAFETY: `at` points into the arena, to which no reference exists, or is invalid.
        let call = || unsafe { compat::call(number, file, [at, len as u32]) };
        self.unless_it_sleeps(slot, call)
    }

    fn iovecs(&self, pieces: &[(Place, usize)]) -> Vec<iovec> {
        let iovec = |&(place, len): &(Place, usize)| iovec {
            iov_base: self.arena.address(place, false) as *mut c_void,
            iov_len: len,
        };
        pieces.iter().map(iovec).collect()
    }

    /// Makes a call, and interrupts it if it would sleep without end.
    fn unless_it_sleeps<T>(&self, slot: Slot, call: impl FnOnce() -> T) -> T {
        if self.is_nonblocking(slot) {
            return call();
        }
        self.alarm.during(call)
    }
}

fn read(file: &OwnedFd, iov: &[iovec], how: Reading) -> io::Result<usize> {
    let (fd, count) = (file.as_raw_fd(), iov.len() as c_int);
    // SAFETY: Each piece is in the arena, to which no reference exists, or invalid.
    result(unsafe {
        match (how, iov) {
            (Reading::Plain, [one]) => libc::read(fd, one.iov_base, one.iov_len),
            (Reading::Plain, _) => libc::readv(fd, iov.as_ptr(), count),
            (Reading::At(at), [one]) => libc::pread(fd, one.iov_base, one.iov_len, at),
            (Reading::At(at), _) => libc::preadv(fd, iov.as_ptr(), count, at),
            (Reading::Flags(flags), _) => libc::preadv2(fd, iov.as_ptr(), count, -1, flags),
        }
    })
}
