// SPDX-License-Identifier: GPL-2.0

//! Device memory and driver memory in the address space of a program.
//!
//! [`FileOperations::mmap`](crate::fops::FileOperations::mmap) returns the [`Backing`] of an
//! [`Area`] of the file; the shim sets up the mapping and inserts the pages. The mapping has no
//! reference to the device: each page fault calls the method again, inside the gate.
//!
//! All mappings are `VM_PFNMAP | VM_IO`: their page frames have no reference count. So no code can
//! pin a page (`O_DIRECT`, registered buffers of io_uring, `process_vm_readv()`, `vmsplice()`) and
//! keep it beyond a revoke or an unplug. The driver alone owns the memory, and it is freed with the
//! resource, after the last mapping was zapped.
//!
//! C header: [`include/linux/mm.h`](srctree/include/linux/mm.h)

mod pages;
mod resource;
mod window;

pub use pages::Pages;
pub use resource::{Cache, Mappable};
pub use window::Window;

use core::marker::PhantomData;
use kernel::{page::PAGE_SIZE, prelude::*};

/// A range of pages of an open file: those that a program maps at once, or the one that it touches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Area {
    first: usize,
    pages: usize,
}

impl Area {
    #[inline(always)]
    pub(crate) fn new(first: usize, pages: usize) -> Self {
        Self { first, pages }
    }

    /// Returns the first page, counted from the start of the file.
    #[inline(always)]
    pub fn first(&self) -> usize {
        self.first
    }

    /// Returns the number of pages, which is at least one.
    #[inline(always)]
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// Returns the same area, counted from the page `start` of the file, or `None` if it begins
    /// before that page. For a file with several resources at different offsets.
    #[inline(always)]
    pub fn after(&self, start: usize) -> Option<Self> {
        Some(Self {
            first: self.first.checked_sub(start)?,
            pages: self.pages,
        })
    }

    /// Backs the area by pages of `resource`: page 0, as this area counts, is the first page of the
    /// resource. In any context that may sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: the area has pages that the resource does not have. An incomplete page counts
    ///   only if no other resource uses the rest of it.
    /// - `ENXIO`: the resource cannot be mapped: registers that are not page aligned, or are I/O
    ///   ports; DMA memory on a machine with memory encryption.
    #[inline(always)]
    pub fn backed_by<'s, M: Mappable + ?Sized>(&self, resource: &'s M) -> Result<Backing<'s>> {
        let pages = resource.pages();
        if self.first >= pages || self.pages > pages - self.first {
            return Err(EINVAL);
        }
        // INVARIANT: The page belongs to the resource.
        Ok(Backing {
            cache: M::CACHE,
            read_only: false,
            frame: resource.frame(self.first)?,
            address: resource.address().wrapping_add(self.first * PAGE_SIZE),
            _resource: PhantomData,
        })
    }
}

/// The memory that backs an [`Area`].
///
/// # Invariants
///
/// For `'s`, `frame` is the page frame of the first page of the area, which the kernel has mapped
/// at `address`: in I/O memory, if it has registers.
pub struct Backing<'s> {
    cache: Cache,
    read_only: bool,
    frame: usize,
    address: *mut u8,
    _resource: PhantomData<&'s ()>,
}

/// The number of kinds.
pub(crate) const KINDS: u8 = 4;

impl Backing<'_> {
    /// Makes the mapping read-only: `mmap()` and `mprotect()` for writing fail with `EACCES`.
    #[inline(always)]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// Returns the properties that all pages of a mapping share, as a number below [`KINDS`].
    #[inline(always)]
    pub(crate) fn kind(&self) -> u8 {
        self.cache as u8 | u8::from(self.read_only) << 1
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only
    }

    pub(crate) fn cache(&self) -> Cache {
        self.cache
    }

    #[inline(always)]
    pub(crate) fn frame(&self) -> usize {
        self.frame
    }

    pub(crate) fn address(&self) -> *mut u8 {
        self.address
    }
}
