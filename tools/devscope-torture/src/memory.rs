// SPDX-License-Identifier: GPL-2.0

//! Memory that the kernel is handed, and pages that nobody serves.

use crate::{
    rng::Rng,
    sys::{of_fd, raw, Addr, Done, Fd},
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
        let (prot, flags) = (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
        );
        let said = raw(
            libc::SYS_mmap,
            [0, len as u64, prot as u64, flags as u64, u64::MAX, 0],
        )?;
        Ok(Self {
            start: said as usize,
            len,
        })
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

    /// Loads a number.
    pub fn load(&self, offset: usize) -> i32 {
        assert!(offset + 4 <= self.len);
        let from = (self.start + offset) as *const i32;
        // SAFETY: It is in this memory, to which no reference exists.
        unsafe { from.read_unaligned() }
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
        let args = [(self.start + offset) as u64, (pages * PAGE) as u64];
        raw(
            libc::SYS_madvise,
            [args[0], args[1], libc::MADV_DONTNEED as u64],
        )
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let _ = raw(libc::SYS_munmap, [self.start as u64, self.len as u64]);
    }
}

/// Pairs of pages, of which the second is not there, and who touches it waits until it is served.
pub struct Absent {
    memory: Memory,
    fd: Fd,
}

const API: u32 = 0xc018_aa3f;
const REGISTER: u32 = 0xc020_aa00;
const ZEROPAGE: u32 = 0xc020_aa04;

impl Absent {
    /// So many pairs.
    pub fn new(pairs: usize) -> Result<Self, i32> {
        let memory = Memory::new(2 * pairs)?;
        let flags = (libc::O_CLOEXEC | libc::O_NONBLOCK) as u64;
        let fd = Fd::of(raw(libc::SYS_userfaultfd, [flags]))?;
        let it = Self { memory, fd };
        it.control(API, &mut [0xaa, 0, 0])?;
        for pair in 0..pairs {
            let start = it.memory.at((2 * pair + 1) * PAGE).0;
            it.control(REGISTER, &mut [start, PAGE as u64, 1, 0])?;
        }
        Ok(it)
    }

    fn control<const N: usize>(&self, request: u32, argument: &mut [u64; N]) -> Done {
        of_fd(
            libc::SYS_ioctl,
            &self.fd,
            [request.into(), argument.as_mut_ptr() as u64],
        )
    }

    /// Takes the second page of a pair away, and returns where `before` bytes are left in the first.
    pub fn prepare(&self, pair: usize, before: usize) -> Addr {
        let second = (2 * pair + 1) * PAGE;
        let _ = self.memory.forget(second, 1);
        self.memory.at(second - before)
    }

    /// The pages that somebody waits for.
    pub fn wanted(&self) -> Vec<Addr> {
        let mut found = Vec::new();
        // `struct uffd_msg`: the event, and the address.
        let mut message = [0u64; 4];
        while of_fd(libc::SYS_read, &self.fd, [message.as_mut_ptr() as u64, 32]) == Ok(32) {
            found.push(Addr(message[2] & !(PAGE as u64 - 1)));
        }
        found
    }

    /// Serves one: whoever waits goes on with zeros.
    pub fn serve(&self, page: Addr) {
        let _ = self.control(ZEROPAGE, &mut [page.0, PAGE as u64, 0, 0]);
    }
}
