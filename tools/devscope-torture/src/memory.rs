// SPDX-License-Identifier: GPL-2.0

//! Memory that the kernel is handed.

use crate::{
    rng::Rng,
    sys::{self, raw, Addr, Done},
};

/// The size of a page.
pub const PAGE: usize = 4096;

/// Some pages of memory. No reference to it ever exists.
pub struct Memory {
    start: usize,
    len: usize,
}

impl Memory {
    /// Fresh pages.
    pub fn new(pages: usize) -> Result<Self, i32> {
        let len = pages * PAGE;
        let start = sys::map(0, len, libc::MAP_PRIVATE, None)? as usize;
        Ok(Self { start, len })
    }

    /// Where a byte is.
    pub fn at(&self, offset: usize) -> Addr {
        assert!(offset < self.len);
        Addr((self.start + offset) as u64)
    }

    /// Stores bytes.
    pub fn store(&self, offset: usize, bytes: &[u8]) {
        assert!(offset + bytes.len() <= self.len);
        let to = (self.start + offset) as *mut u8;
        // SAFETY: It is in this memory, to which no reference exists. Threads of this process do not
        // share it but for the one that stores.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    /// Stores what chance wants.
    pub fn fill(&self, offset: usize, len: usize, rng: &mut Rng) {
        let words: Vec<u8> = (0..len.div_ceil(8))
            .flat_map(|_| rng.next().to_ne_bytes())
            .collect();
        self.store(offset, &words[..len]);
    }

    /// Takes the pages away from `offset` on; the next touch finds zeros, or nobody.
    pub fn forget(&self, offset: usize, pages: usize) -> Done {
        let (start, len) = ((self.start + offset) as u64, (pages * PAGE) as u64);
        let args = [start, len, libc::MADV_DONTNEED as u64];
        raw(libc::SYS_madvise, args)
    }
}

/// Loads a number that a call has just stored, in memory that it was handed and where it went well.
pub fn stored(at: Addr, offset: usize) -> i32 {
    if at.0 == Addr::NOWHERE.0 {
        return -1;
    }
    let from = (at.0 as usize + offset) as *const i32;
    // SAFETY: The kernel has stored it, so the memory is there; no reference to it exists.
    unsafe { from.read_unaligned() }
}

/// Loads bytes of [`Memory`], or none of [nowhere](Addr::NOWHERE).
pub fn loaded(at: Addr, len: usize) -> Vec<u8> {
    let len = if at.0 == Addr::NOWHERE.0 { 0 } else { len };
    let from = at.0 as usize as *const u8;
    // SAFETY: The memory is there, and no reference to it exists.
    (0..len)
        .map(|offset| unsafe { from.add(offset).read() })
        .collect()
}

impl Drop for Memory {
    fn drop(&mut self) {
        let _ = raw(libc::SYS_munmap, [self.start as u64, self.len as u64]);
    }
}
