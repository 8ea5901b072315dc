// SPDX-License-Identifier: GPL-2.0

//! Memory of a device in this process.
//!
//! It may be unmapped at any time, and an access then raises `SIGBUS`. So the kernel reads and
//! writes it, which returns EFAULT instead, unless a test expects the signal.

use crate::pages::PAGE;
use libc::c_void;
use rustix::{
    fd::{AsFd, AsRawFd, OwnedFd},
    io::{self, Errno},
    mm::{mmap, mprotect, munmap, MapFlags, MprotectFlags, ProtFlags},
    pipe::pipe,
};
use std::ptr::null_mut;

thread_local! {
    /// Copies through the kernel go through this pipe. It is empty between them.
    static PIPE: (OwnedFd, OwnedFd) = pipe().expect("pipe");
}

/// For reading and writing.
pub const BOTH: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

/// A mapping, which is removed when dropped.
pub struct Mapped {
    addr: usize,
    len: usize,
}

impl Mapped {
    /// `count` pages of `file` from the page `first` on, shared, for reading and writing.
    ///
    /// # Errors
    ///
    /// Those of `mmap()`.
    pub fn of(file: impl AsFd, first: u64, count: usize) -> io::Result<Self> {
        Self::with(file, first, count, BOTH, MapFlags::SHARED)
    }

    /// The same with protection and flags.
    ///
    /// # Errors
    ///
    /// Those of `mmap()`.
    pub fn with(
        file: impl AsFd,
        first: u64,
        count: usize,
        protection: ProtFlags,
        flags: MapFlags,
    ) -> io::Result<Self> {
        let (len, offset) = (count * PAGE, first * PAGE as u64);
        // SAFETY: The kernel chooses a free address, so no other code uses this memory.
        let addr = unsafe { mmap(null_mut(), len, protection, flags, file, offset) }? as usize;
        Ok(Self { addr, len })
    }

    /// The address of the byte `at`.
    ///
    /// # Panics
    ///
    /// If it is not in the mapping.
    pub fn at(&self, at: usize) -> *mut c_void {
        assert!(at < self.len);
        (self.addr + at) as *mut c_void
    }

    /// Its size.
    pub fn size(&self) -> usize {
        self.len
    }

    /// Makes the kernel read a word.
    ///
    /// # Errors
    ///
    /// EFAULT if there is no page.
    pub fn load(&self, at: usize) -> io::Result<u32> {
        let mut word = [0; 4];
        let from = self.at(at);
        assert!(at + 4 <= self.len);
        PIPE.with(|(reader, writer)| {
            // SAFETY: Reads what is in the mapping.
            check(unsafe { libc::write(writer.as_raw_fd(), from, 4) })?;
            assert_eq!(io::read(reader, &mut word), Ok(4));
            Ok(u32::from_ne_bytes(word))
        })
    }

    /// Makes the kernel write a word.
    ///
    /// # Errors
    ///
    /// EFAULT if there is no page, or it is read-only.
    pub fn store(&self, at: usize, word: u32) -> io::Result<()> {
        let to = self.at(at);
        assert!(at + 4 <= self.len);
        PIPE.with(|(reader, writer)| {
            assert_eq!(io::write(writer, &word.to_ne_bytes()), Ok(4));
            // SAFETY: Writes what is in the mapping, to which nothing refers.
            let stored = check(unsafe { libc::read(reader.as_raw_fd(), to, 4) });
            if stored.is_err() {
                assert_eq!(io::read(reader, &mut [0; 4]), Ok(4));
            }
            stored
        })
    }

    /// Reads a word directly, which raises `SIGBUS` if there is no page.
    pub fn touch(&self, at: usize) -> u32 {
        assert!(at + 4 <= self.len);
        // SAFETY: In the mapping, to which nothing refers.
        unsafe { self.at(at).cast::<u32>().read_volatile() }
    }

    /// Writes a byte directly, as [`Self::touch`].
    pub fn poke(&self, at: usize, byte: u8) {
        // SAFETY: In the mapping, to which nothing refers.
        unsafe { self.at(at).cast::<u8>().write_volatile(byte) };
    }

    /// `mprotect()` of the whole mapping.
    ///
    /// # Errors
    ///
    /// Those of `mprotect()`.
    pub fn protect(&self, protection: MprotectFlags) -> io::Result<()> {
        // SAFETY: The mapping is this value's, and nothing refers to it.
        unsafe { mprotect(self.at(0), self.len, protection) }
    }

    /// `mremap()` to a place of the kernel's choice.
    ///
    /// # Errors
    ///
    /// Those of `mremap()`; the mapping is then unchanged.
    pub fn moved(&mut self, count: usize) -> io::Result<()> {
        // A free address range.
        let spare = crate::pages::Pages::fresh(count.max(self.len / PAGE));
        let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
        let (to, len) = (spare.addr() as *mut c_void, count * PAGE);
        // SAFETY: Both mappings are ours, and nothing refers to them.
        let moved = unsafe { libc::mremap(self.at(0), self.len, len, flags, to) };
        if moved == libc::MAP_FAILED {
            return Err(errno());
        }
        // The range belongs to this mapping now, so `spare` must not unmap it.
        std::mem::forget(spare);
        (self.addr, self.len) = (moved as usize, len);
        Ok(())
    }

    /// `madvise()` of the whole mapping.
    ///
    /// # Errors
    ///
    /// Those of `madvise()`.
    pub fn advise(&self, advice: i32) -> io::Result<()> {
        // SAFETY: The mapping is this value's, and nothing refers to it.
        check(unsafe { libc::madvise(self.at(0), self.len, advice) } as isize)
    }

    /// `mlock()` of the whole mapping.
    ///
    /// # Errors
    ///
    /// Those of `mlock()`.
    pub fn lock(&self) -> io::Result<()> {
        // SAFETY: The mapping is this value's.
        check(unsafe { libc::mlock(self.at(0), self.len) } as isize)
    }

    /// `vmsplice()` of its first page to a pipe, which pins the page.
    ///
    /// # Errors
    ///
    /// Those of `vmsplice()`.
    pub fn splice(&self, pipe: &OwnedFd) -> io::Result<()> {
        let iov = libc::iovec {
            iov_base: self.at(0),
            iov_len: PAGE,
        };
        // SAFETY: The page is in the mapping, and nothing refers to it; the pipe takes a reference.
        check(unsafe { libc::vmsplice(pipe.as_raw_fd(), &iov, 1, 0) })
    }

    /// `process_vm_readv()` of its first word by this process itself.
    ///
    /// # Errors
    ///
    /// Those of `process_vm_readv()`.
    pub fn read_remotely(&self) -> io::Result<u32> {
        let mut word = 0_u32;
        let to = libc::iovec {
            iov_base: (&raw mut word).cast(),
            iov_len: 4,
        };
        let from = libc::iovec {
            iov_base: self.at(0),
            iov_len: 4,
        };
        // SAFETY: `word` has room for what is read.
        check(unsafe { libc::process_vm_readv(libc::getpid(), &to, 1, &from, 1, 0) })?;
        Ok(word)
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        // SAFETY: This value owns the mapping, and nothing refers to it.
        unsafe { munmap(self.addr as *mut c_void, self.len) }.expect("munmap");
    }
}

fn errno() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).expect("an errno")
}

fn check(result: isize) -> io::Result<()> {
    match result {
        -1 => Err(errno()),
        _ => Ok(()),
    }
}
