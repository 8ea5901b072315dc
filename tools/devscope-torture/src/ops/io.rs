// SPDX-License-Identifier: GPL-2.0

//! Reads, writes, ioctls, and what else is done to an open file.

use super::Op;
use crate::{
    memory::{loaded, stored, PAGE},
    ops::files::File,
    pattern,
    profile::Ioctl,
    shared::Noticed,
    sys::{self, Addr, Done, Fd},
    worker::{How, Worker},
};
use rustix::{
    fd::AsRawFd,
    fs::{fcntl_lock, sendfile, FlockOperation, OFlags},
};
use std::sync::atomic::Ordering::Relaxed;

/// Ioctls that many drivers know: FIONREAD and TCGETS.
const WELL_KNOWN: [u32; 2] = [0x541b, 0x5401];

/// Where an ioctl's number has the size of its argument.
pub fn size_of(number: u32) -> usize {
    (number >> 16 & 0x3fff) as usize
}

impl Worker {
    /// Makes one of these calls.
    pub fn io(&mut self, op: Op, file: &File, how: How) -> Done {
        let fd = &file.fd;
        match op {
            Op::Read | Op::Pread | Op::Readv | Op::PreadNowait => {
                let len = *self.rng.one_of(&self.profile.read).unwrap_or(&0);
                let addr = self.buffer(len, &[], how);
                self.transfer(op, fd, addr, len)
            }
            Op::Write | Op::Pwrite | Op::Writev => {
                let len = *self.rng.one_of(&self.profile.write).unwrap_or(&0);
                let profile = self.profile.clone();
                let addr = self.buffer(len, &profile.data, how);
                self.transfer(op, fd, addr, len)
            }
            Op::Ioctl => self.ioctl(fd, how),
            Op::Lseek => {
                let (offset, whence) = (self.rng.next() % 8192, self.rng.next() % 5);
                sys::of_fd(libc::SYS_lseek, fd, [offset, whence])
            }
            Op::SpliceFrom => {
                let said = sys::splice(fd, &self.pipe[1], 64);
                self.drain();
                said
            }
            Op::SpliceTo => {
                let len = *self.rng.one_of(&self.profile.write).unwrap_or(&0);
                let addr = self.memory.at(0);
                sys::of_memory(libc::SYS_write, &self.pipe[1], addr, len.min(PAGE))?;
                let said = sys::splice(&self.pipe[0], fd, len.min(PAGE));
                self.drain();
                said
            }
            Op::Sendfile => {
                let said = sendfile(fd, &self.memfd, Some(&mut 0), 64);
                sys::plain(said).map(|len| len as u64)
            }
            Op::Fasync => {
                sys::fcntl(fd, libc::F_SETOWN, sys::pid())?;
                let flags = sys::fcntl(fd, libc::F_GETFL, 0)? as i32;
                sys::fcntl(fd, libc::F_SETFL, flags ^ libc::O_ASYNC)
            }
            Op::Fsync => sys::of_fd(libc::SYS_fsync, fd, []),
            Op::Flock => {
                let what = [libc::LOCK_EX, libc::LOCK_SH, libc::LOCK_UN][self.rng.below(3)];
                sys::of_fd(libc::SYS_flock, fd, [(what | libc::LOCK_NB) as u64])
            }
            Op::Lock => {
                let what = [
                    FlockOperation::NonBlockingLockShared,
                    FlockOperation::NonBlockingLockExclusive,
                    FlockOperation::NonBlockingUnlock,
                ];
                let said = fcntl_lock(fd, what[self.rng.below(3)]);
                sys::plain(said).map(|()| 0)
            }
            Op::Fadvise => sys::of_fd(libc::SYS_fadvise64, fd, [0, 0, self.rng.next() % 6]),
            _ => self.fdinfo(fd),
        }
    }

    fn transfer(&mut self, op: Op, fd: &Fd, addr: Addr, len: usize) -> Done {
        let offset = [0, 0, 4, PAGE as u64][self.rng.below(4)];
        let first = self.rng.below(len + 1);
        let parts = [(addr, first), (Addr(addr.0 + first as u64), len - first)];
        match op {
            Op::Read => sys::of_memory(libc::SYS_read, fd, addr, len),
            Op::Write => sys::of_memory(libc::SYS_write, fd, addr, len),
            Op::Pread => sys::at(libc::SYS_pread64, fd, addr, len, offset),
            Op::Pwrite => sys::at(libc::SYS_pwrite64, fd, addr, len, offset),
            Op::Readv => sys::vector(libc::SYS_preadv2, fd, parts, 0),
            Op::Writev => sys::vector(libc::SYS_pwritev2, fd, parts, 0),
            _ => sys::vector(libc::SYS_preadv2, fd, parts, libc::RWF_NOWAIT),
        }
    }

    fn ioctl(&mut self, fd: &Fd, how: How) -> Done {
        let profile = self.profile.clone();
        if profile.ioctl.is_empty() {
            return self.unknown_ioctl(fd, how);
        }
        let mut at = self.rng.below(profile.ioctl.len());
        while !self.rng.one_in(profile.ioctl[at].one_in) {
            at = self.rng.below(profile.ioctl.len());
        }
        let said = self.known_ioctl(&profile.ioctl[at], fd, how)?;
        self.shared.ioctls[at].fetch_add(1, Relaxed);
        Ok(said)
    }

    fn known_ioctl(&mut self, ioctl: &Ioctl, fd: &Fd, how: How) -> Done {
        if let Some(value) = self.rng.one_of(&ioctl.values) {
            return sys::ioctl(fd, ioctl.number, *value);
        }
        let len = match size_of(ioctl.number) {
            0 => PAGE,
            len => len,
        };
        let addr = self.buffer(len, &ioctl.data, how);
        let said = sys::ioctl(fd, ioctl.number, addr.0)?;
        let judged = !how.stuck && !ioctl.gives.is_empty();
        if judged && !ioctl.gives.iter().any(|it| gives(addr, it)) {
            self.shared
                .tell(Noticed::Answer, Op::Ioctl, self.me, ioctl.number);
        }
        if ioctl.returns_descriptor {
            sys::close(said as i32);
        }
        // Also where somebody else had to serve the memory: it is there now.
        let fds = ioctl.descriptors.iter().map(|at| stored(addr, *at));
        fds.for_each(sys::close);
        Ok(said)
    }

    /// One that many drivers know, or one that hardly any does.
    fn unknown_ioctl(&mut self, fd: &Fd, how: How) -> Done {
        let number = match self.rng.below(4) {
            0 => *self.rng.one_of(&WELL_KNOWN).unwrap_or(&0),
            _ => self.rng.next() as u32,
        };
        let addr = self.buffer(size_of(number).max(PAGE), &[], how);
        sys::ioctl(fd, number, addr.0)
    }

    fn fdinfo(&mut self, fd: &Fd) -> Done {
        let path = format!("/proc/self/fdinfo/{}", fd.as_raw_fd());
        let info = sys::open(path, OFlags::RDONLY)?;
        sys::of_memory(libc::SYS_read, &info, self.memory.at(0), PAGE)
    }
}

/// Whether a call has left what fits a pattern.
fn gives(addr: Addr, pattern: &str) -> bool {
    pattern::fits(pattern, &loaded(addr, pattern::len(pattern)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_of_ioctls() {
        // EVIOCGID and TIOCGWINSZ.
        assert_eq!(super::size_of(0x8008_4502), 8);
        assert_eq!(super::size_of(0x5413), 0);
    }
}
