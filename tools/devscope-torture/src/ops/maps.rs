// SPDX-License-Identifier: GPL-2.0

//! Memory of the device.

use super::{
    files::{File, Life},
    Op,
};
use crate::{
    memory::PAGE,
    shared::Noticed,
    signals,
    sys::{self, raw, Addr, Done},
    worker::Worker,
};
use rustix::fd::AsRawFd;
use std::sync::{
    atomic::Ordering::{Relaxed, SeqCst},
    Arc,
};

/// A mapping, gone when dropped.
pub struct Mapping {
    start: usize,
    pages: usize,
    write: bool,
    life: Arc<Life>,
}

/// How many a worker has at most.
const MOST: usize = 3;

impl Worker {
    /// Maps some of a file.
    pub fn map(&mut self, file: &File) -> Done {
        let what = &self.profile.mmap;
        let offset = *self.rng.one_of(&what.offsets).unwrap_or(&0) * PAGE as u64;
        let pages = 1 + self.rng.below(what.pages);
        let write = what.write;
        let prot = libc::PROT_READ | if write { libc::PROT_WRITE } else { 0 };
        let flags = match self.rng.one_in(8) {
            true => libc::MAP_PRIVATE,
            false => libc::MAP_SHARED,
        };
        let args = [
            0,
            (pages * PAGE) as u64,
            prot as u64,
            flags as u64,
            file.fd.as_raw_fd() as u64,
            offset,
        ];
        let start = raw(libc::SYS_mmap, args)?;
        if self.maps.len() >= MOST {
            self.maps.remove(0);
        }
        self.maps.push(Mapping {
            start: start as usize,
            pages,
            // A page of a private mapping is the writer's own.
            write: write && flags == libc::MAP_SHARED,
            life: file.life.clone(),
        });
        Ok(start)
    }

    /// Touches what is mapped, or unmaps it.
    pub fn on_map(&mut self, op: Op) {
        if self.maps.is_empty() {
            return;
        }
        let at = self.rng.below(self.maps.len());
        let map = &self.maps[at];
        let life = map.life.clone();
        // Who else is revoking it may not have come to its memory yet.
        let revoked = life.is_revoked(self.shared) && life.ending.load(SeqCst) == 0;
        let gone = life.is_gone(self.shared);
        let place = self.rng.below(map.pages) * PAGE + self.rng.below(PAGE / 4) * 4;
        let addr = Addr((map.start + place) as u64);
        let write = map.write && self.rng.one_in(2);
        let slot = self.slot();
        slot.sleeper.store(false, Relaxed);
        slot.begin(op, Some(&life), gone || revoked);
        let there = op == Op::Touch && signals::touch(addr, write);
        if op == Op::Munmap || !there {
            // Where there was no page, there is one of zeros now.
            drop(self.maps.swap_remove(at));
        }
        let said = match there || op == Op::Munmap {
            true => Ok(0),
            false => Err(libc::EFAULT),
        };
        self.shared.end(slot, op, said);
        let noticed = match (gone, revoked) {
            (true, _) => Noticed::Mapped,
            (_, true) => Noticed::MappedRevoked,
            _ => return,
        };
        if there && !self.profile.mmap.stays {
            self.shared.tell(noticed, op, self.me, 0);
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        let args = [self.start as u64, (self.pages * PAGE) as u64];
        let _ = sys::raw(libc::SYS_munmap, args);
    }
}
