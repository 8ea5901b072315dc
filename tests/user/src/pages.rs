// SPDX-License-Identifier: GPL-2.0

//! Memory of this process that the tests pass to the kernel: present, absent or protected.
//!
//! No reference into a [`Pages`] ever exists: its bytes are only accessed through raw pointers, and
//! most often by the kernel.

use crate::testdev::{self, Range};
use libc::{c_int, c_void};
use rustix::{
    fd::{AsFd, AsRawFd, BorrowedFd},
    io::{self, Errno},
    ioctl::Opcode,
    mm::{mmap, mmap_anonymous, mprotect, munmap, MapFlags, MprotectFlags, ProtFlags},
};
use std::ptr;

/// The size of a page.
pub const PAGE: usize = 4096;

/// A mapping, which is removed when dropped.
pub struct Pages {
    addr: usize,
    len: usize,
}

impl Pages {
    /// `count` anonymous pages, none of them present yet.
    pub fn fresh(count: usize) -> Self {
        Self::anonymous(0, count, MapFlags::PRIVATE)
    }

    /// The same at this address, where nothing is mapped.
    pub fn fixed(addr: usize, count: usize) -> Self {
        Self::anonymous(addr, count, MapFlags::PRIVATE | MapFlags::FIXED_NOREPLACE)
    }

    /// The same below 4 GiB, where 32-bit programs can point to.
    pub fn low(count: usize) -> Self {
        let low = MapFlags::from_bits_retain(libc::MAP_32BIT as u32);
        Self::anonymous(0, count, MapFlags::PRIVATE | low)
    }

    fn anonymous(addr: usize, count: usize, flags: MapFlags) -> Self {
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: The address is free or chosen by the kernel, so no other code uses this memory.
        let addr = unsafe { mmap_anonymous(addr as *mut c_void, count * PAGE, prot, flags) };
        Self {
            addr: addr.expect("mmap") as usize,
            len: count * PAGE,
        }
    }

    /// `count` private pages of the file.
    pub fn of_file(file: impl AsFd, count: usize) -> Self {
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        let (none, len) = (ptr::null_mut(), count * PAGE);
        // SAFETY: The kernel chooses a free address, so no other code uses this memory.
        let addr = unsafe { mmap(none, len, prot, MapFlags::PRIVATE, file, 0) };
        Self {
            addr: addr.expect("mmap of a file") as usize,
            len,
        }
    }

    /// `present` accessible pages, and one behind them that is not accessible.
    pub fn before_a_wall(present: usize) -> Self {
        let pages = Self::fresh(present + 1);
        pages.protect(present, MprotectFlags::empty());
        pages
    }

    /// Sets the protection of the page with this index.
    pub fn protect(&self, index: usize, protection: MprotectFlags) {
        let page = self.at(index * PAGE, PAGE) as *mut c_void;
        // SAFETY: The page is part of this mapping, and nothing refers to it.
        unsafe { mprotect(page, PAGE, protection) }.expect("mprotect");
    }

    /// Its size in bytes.
    pub fn size(&self) -> usize {
        self.len
    }

    /// Its address.
    pub fn addr(&self) -> usize {
        self.addr
    }

    /// The address of `len` bytes at `offset`, which must lie inside.
    fn at(&self, offset: usize, len: usize) -> usize {
        assert!(offset.checked_add(len).is_some_and(|end| end <= self.len));
        self.addr + offset
    }

    /// Copies bytes out of it. The pages must be readable.
    pub fn get(&self, offset: usize, len: usize) -> Vec<u8> {
        let start = self.at(offset, len) as *const u8;
        // SAFETY: The bytes are in the mapping, which this object owns.
        (0..len)
            .map(|i| unsafe { start.add(i).read_volatile() })
            .collect()
    }

    /// Copies bytes into it. The pages must be writable.
    pub fn set(&self, offset: usize, bytes: &[u8]) {
        let start = self.at(offset, bytes.len()) as *mut u8;
        for (i, byte) in bytes.iter().enumerate() {
            // SAFETY: The bytes are in the mapping, which this object owns.
            unsafe { start.add(i).write_volatile(*byte) };
        }
    }

    /// `read()` into it.
    pub fn read(&self, fd: impl AsFd, offset: usize, len: usize) -> io::Result<usize> {
        self.readv(fd, &[(offset, len)])
    }

    /// `write()` from it.
    pub fn write(&self, fd: impl AsFd, offset: usize, len: usize) -> io::Result<usize> {
        self.writev(fd, &[(offset, len)])
    }

    /// `readv()` into parts of it, each an offset and a length; one part makes it a `read()`.
    pub fn readv(&self, fd: impl AsFd, parts: &[(usize, usize)]) -> io::Result<usize> {
        let fd = fd.as_fd().as_raw_fd();
        let iov = self.iovecs(parts);
        // SAFETY: Each part lies inside the mapping, to which no reference exists.
        result(unsafe {
            match iov[..] {
                [one] => libc::read(fd, one.iov_base, one.iov_len),
                _ => libc::readv(fd, iov.as_ptr(), iov.len() as c_int),
            }
        })
    }

    /// `writev()` from parts of it, each an offset and a length; one part makes it a `write()`.
    pub fn writev(&self, fd: impl AsFd, parts: &[(usize, usize)]) -> io::Result<usize> {
        let fd = fd.as_fd().as_raw_fd();
        let iov = self.iovecs(parts);
        // SAFETY: Each part lies inside the mapping, to which no reference exists.
        result(unsafe {
            match iov[..] {
                [one] => libc::write(fd, one.iov_base, one.iov_len),
                _ => libc::writev(fd, iov.as_ptr(), iov.len() as c_int),
            }
        })
    }

    fn iovecs(&self, parts: &[(usize, usize)]) -> Vec<libc::iovec> {
        let iovec = |&(offset, len)| libc::iovec {
            iov_base: self.at(offset, len) as *mut c_void,
            iov_len: len,
        };
        parts.iter().map(iovec).collect()
    }

    /// `getdents64()` of a directory into all of it.
    pub fn entries(&self, directory: impl AsFd) -> io::Result<usize> {
        let fd = directory.as_fd().as_raw_fd();
        // SAFETY: The mapping is as long as said, and no reference into it exists.
        let len = unsafe { libc::syscall(libc::SYS_getdents64, fd, self.addr, self.len) };
        result(len as isize)
    }

    /// `ioctl()` with the argument at `offset`. Returns its result.
    pub fn ioctl(&self, fd: impl AsFd, number: Opcode, offset: usize) -> io::Result<usize> {
        // Bits 16 to 29 of the number are the size of the argument.
        let size = (number as usize >> 16) & 0x3fff;
        // SAFETY: The argument lies inside the mapping, to which no reference exists.
        unsafe { raw_ioctl(fd.as_fd(), number, self.at(offset, size)) }
    }

    /// TESTDEV_FILL of a part of it.
    pub fn fill(&self, fd: impl AsFd, offset: usize, len: usize) -> io::Result<()> {
        let mut range = self.range(offset, len);
        // SAFETY: The range lies inside the mapping, to which no reference exists.
        unsafe { testdev::fill(fd, &mut range) }
    }

    /// TESTDEV_SUM of a part of it.
    pub fn sum(&self, fd: impl AsFd, offset: usize, len: usize) -> io::Result<u64> {
        let mut range = self.range(offset, len);
        testdev::sum(fd, &mut range)?;
        Ok(range.sum)
    }

    fn range(&self, offset: usize, len: usize) -> Range {
        Range {
            addr: self.at(offset, len) as u64,
            len: len as u64,
            sum: 0,
        }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: This object owns the mapping, and no reference into it exists.
        let _ = unsafe { munmap(self.addr as *mut c_void, self.len) };
    }
}

/// `ioctl()` with a small number as the argument. Returns its result.
pub fn ioctl_number(fd: impl AsFd, number: Opcode, argument: u16) -> io::Result<usize> {
    // SAFETY: Nothing can be mapped below `vm.mmap_min_addr`, so it is no valid pointer.
    unsafe { raw_ioctl(fd.as_fd(), number, argument.into()) }
}

/// # Safety
///
/// If `argument` is used as a pointer, it points to memory that the driver may write, or is
/// invalid.
unsafe fn raw_ioctl(fd: BorrowedFd<'_>, number: Opcode, argument: usize) -> io::Result<usize> {
    // SAFETY: The caller guarantees that `argument` points to memory that the driver may write.
    let value = unsafe { libc::ioctl(fd.as_raw_fd(), number.into(), argument) };
    result(value as isize)
}

/// The result of a C function, with `errno`.
pub(crate) fn result(value: isize) -> io::Result<usize> {
    usize::try_from(value).map_err(|_| {
        let error = std::io::Error::last_os_error();
        Errno::from_io_error(&error).unwrap_or(Errno::IO)
    })
}
