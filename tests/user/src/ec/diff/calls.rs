// SPDX-License-Identifier: GPL-2.0

//! Calls with a pointer, which may lead anywhere. Where it leads somewhere it is into the arena.

use super::{
    actor::{outcome, Actor},
    arena::Place,
    op::{Reading, Slot},
};
use crate::{
    compat,
    ec::{EVENT_MASK, READ_MEMORY, TRANSFER},
    pages::result,
};
use libc::{c_int, c_void, iovec};
use rustix::{
    fd::{AsRawFd, OwnedFd},
    io,
    ioctl::Opcode,
};

impl Actor {
    /// `ioctl()` with a pointer to `bytes`.
    pub(super) fn ioctl(
        &self,
        slot: Slot,
        number: Opcode,
        place: Place,
        bytes: &[u8],
        is_compat: bool,
    ) -> String {
        let Some(file) = self.file(slot) else {
            return String::new();
        };
        self.arena.prepare(place, bytes);
        let address = self.arena.address(place, is_compat);
        let came = ioctl(file, number, address, is_compat);
        outcome(came) + &self.arena.changes(place, bytes)
    }

    pub(super) fn transfer(
        &self,
        slot: Slot,
        place: Place,
        header: [u32; 5],
        data: &[u8],
        compat: bool,
    ) -> String {
        let mut bytes = header.map(u32::to_ne_bytes).concat();
        bytes.extend(data);
        self.ioctl(slot, TRANSFER, place, &bytes, compat)
    }

    pub(super) fn read_memory(
        &self,
        slot: Slot,
        place: Place,
        offset: u32,
        bytes: u32,
        compat: bool,
    ) -> String {
        let request = [offset, bytes].map(u32::to_ne_bytes).concat();
        self.ioctl(slot, READ_MEMORY, place, &request, compat)
    }

    pub(super) fn mask(&self, slot: Slot, mask: u64, compat: bool) -> String {
        self.file(slot).map_or(String::new(), |file| {
            outcome(ioctl(file, EVENT_MASK, mask as usize, compat))
        })
    }

    pub(super) fn read(&self, slot: Slot, pieces: &[(Place, usize)], how: Reading) -> String {
        let Some(file) = self.file(slot) else {
            return String::new();
        };
        for (place, _) in pieces {
            self.arena.prepare(*place, &[]);
        }
        let iov: Vec<iovec> = pieces
            .iter()
            .map(|(place, len)| iovec {
                iov_base: self.arena.address(*place, false) as *mut c_void,
                iov_len: *len,
            })
            .collect();
        let came = self.unless_it_sleeps(slot, || read(file, &iov, how));
        let changes: Vec<String> = pieces
            .iter()
            .map(|(place, _)| self.arena.changes(*place, &[]))
            .collect();
        outcome(came) + &changes.concat()
    }

    pub(super) fn write(&self, slot: Slot, pieces: usize) -> String {
        let Some(file) = self.file(slot) else {
            return String::new();
        };
        let address = self.arena.address(Place::Good(0), false) as *mut c_void;
        let piece = iovec {
            iov_base: address,
            iov_len: 4,
        };
        let iov = vec![piece; pieces];
        let fd = file.as_raw_fd();
        // SAFETY: Reads from the arena, to which no reference exists.
        outcome(result(unsafe {
            match pieces {
                1 => libc::write(fd, address, 4),
                _ => libc::writev(fd, iov.as_ptr(), iov.len() as c_int),
            }
        }))
    }

    /// Interrupts a call that would sleep for ever.
    fn unless_it_sleeps<T>(&self, slot: Slot, call: impl FnOnce() -> T) -> T {
        if self.is_nonblocking(slot) {
            return call();
        }
        self.alarm.during(call)
    }
}

/// `ioctl()` of a program of 64 or of 32 bits.
pub(super) fn ioctl(
    file: &OwnedFd,
    number: Opcode,
    argument: usize,
    is_compat: bool,
) -> io::Result<usize> {
    match is_compat {
        // SAFETY: A pointer into the arena, to which no reference exists, or to nothing.
        true => unsafe { compat::ioctl(file, number, argument as u32) },
        // SAFETY: As above.
        false => result(unsafe { libc::ioctl(file.as_raw_fd(), number.into(), argument) } as isize),
    }
}

fn read(file: &OwnedFd, iov: &[iovec], how: Reading) -> io::Result<usize> {
    let (fd, count) = (file.as_raw_fd(), iov.len() as c_int);
    // SAFETY: The pieces lie in the arena, to which no reference exists, or nowhere.
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
