// SPDX-License-Identifier: GPL-2.0
// UNSAFE: memory that user space may change at any time.

//! Memory of a driver that programs may map.

use super::{resource::frame_of_memory, Cache, Mappable};
use core::ptr::slice_from_raw_parts_mut;
use kernel::{
    alloc::flags::__GFP_NOWARN,
    io::{IoBase, SysMem, SysMemBackend},
    page::PAGE_SIZE,
    prelude::*, //
};

/// Pages of kernel memory that belong to the driver, and that user space may map: a ring, a page of
/// counters. A program may change them at any time, so the driver accesses them like registers,
/// with [`Io`](kernel::io::Io), and checks the copy that it has read.
///
/// # Examples
///
/// ```
/// # fn f(bytes: &mut [u8]) -> Result {
/// let pages = Pages::new(4)?;
/// io_project!(pages, [panic: ..bytes.len()]).copy_to_slice(bytes);
/// # Ok(()) }
/// ```
///
/// # Invariants
///
/// `memory` and `len` are those of a `VVec<u8>` of whole pages, which only this value owns. Memory
/// of `vmalloc()` is page aligned.
pub struct Pages {
    memory: *mut u8,
    len: usize,
}

// SAFETY: The memory belongs to the value, and may be accessed by any thread at any time.
unsafe impl Send for Pages {}
// SAFETY: The memory belongs to the value, and may be accessed by any thread at any time.
unsafe impl Sync for Pages {}

impl Pages {
    /// Allocates `count` pages, all zero. Sleeps.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `count` is 0.
    /// - `ENOMEM`.
    pub fn new(count: usize) -> Result<Self> {
        if count == 0 {
            return Err(EINVAL);
        }
        let len = count.checked_mul(PAGE_SIZE).ok_or(ENOMEM)?;
        // The caller gets an error, so `vmalloc()` need not print a warning.
        let flags = GFP_KERNEL | __GFP_NOWARN;
        let (memory, ..) = VVec::<u8>::zeroed(len, flags)?.into_raw_parts();
        // INVARIANT: Just allocated.
        Ok(Self { memory, len })
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        drop(unsafe { VVec::from_raw_parts(self.memory, self.len, self.len) });
    }
}

impl<'a> IoBase<'a> for &'a Pages {
    type Backend = SysMemBackend;
    type Target = [u8];

    #[inline]
    fn as_view(self) -> SysMem<'a, [u8]> {
        // SAFETY: By the type invariant, it is valid as long as the value.
        unsafe { SysMem::new(slice_from_raw_parts_mut(self.memory, self.len)) }
    }
}

// SAFETY: The memory is valid as long as the value. The kernel accesses it as memory that may
// change at any time.
unsafe impl Mappable for Pages {
    const CACHE: Cache = Cache::Normal;

    #[inline(always)]
    fn pages(&self) -> usize {
        self.len / PAGE_SIZE
    }

    fn frame(&self, page: usize) -> Result<usize> {
        // SAFETY: By the type invariant, it is in memory of `vmalloc()`, or the lookup finds
        // nothing.
        unsafe { frame_of_memory(self.memory.wrapping_add(page * PAGE_SIZE)) }
    }

    #[inline(always)]
    fn address(&self) -> *mut u8 {
        self.memory
    }
}
