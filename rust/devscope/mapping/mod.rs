// SPDX-License-Identifier: GPL-2.0

//! Device memory and driver memory in the address space of a program.
//!
//! A driver says [what backs](Backing) an [`Area`] of its file; the shim sets the mapping up and
//! puts pages into it, in [`FileOperations::mmap`](crate::fops::FileOperations::mmap)'s place.
//! Nothing of the device is kept in the mapping: each page fault asks again, inside the gate.
//!
//! All that is mapped is `VM_PFNMAP | VM_IO`: page frames that the page tables name and nobody
//! counts. So nobody can pin a page (`O_DIRECT`, io_uring's registered buffers,
//! `process_vm_readv()`, `vmsplice()`) and keep it beyond a revoke or the device. The memory is the
//! driver's alone, and is freed with the resource, after the last mapping was zapped.
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

/// Some pages of an open file, counted from its start: all that a program maps at once, or the one
/// that it touches.
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

    /// The first page of it.
    #[inline(always)]
    pub fn first(&self) -> usize {
        self.first
    }

    /// How many pages it has, at least one.
    #[inline(always)]
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// The same area, counted from the page `start` of the file; `None` where it begins before
    /// that. For a file with several resources, each of which has its place.
    #[inline(always)]
    pub fn after(&self, start: usize) -> Option<Self> {
        Some(Self {
            first: self.first.checked_sub(start)?,
            pages: self.pages,
        })
    }

    /// Has the pages of `resource` behind it: the first page of the file, as this area counts, is
    /// the first one of the resource. In any context that may sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: it has pages that the resource does not have. A part of a page counts only where
    ///   the rest of it is nobody else's.
    /// - `ENXIO`: the resource cannot be mapped: registers that do not begin with a page, or are
    ///   I/O ports; DMA memory of a machine that encrypts its memory.
    #[inline(always)]
    pub fn backed_by<'s, M: Mappable + ?Sized>(&self, resource: &'s M) -> Result<Backing<'s>> {
        let pages = resource.pages();
        if self.first >= pages || self.pages > pages - self.first {
            return Err(EINVAL);
        }
        // INVARIANT: The page is one of the resource's.
        Ok(Backing {
            cache: M::CACHE,
            read_only: false,
            frame: resource.frame(self.first)?,
            address: resource.address().wrapping_add(self.first * PAGE_SIZE),
            _resource: PhantomData,
        })
    }
}

/// What is behind an [`Area`].
///
/// # Invariants
///
/// For `'s`, `frame` is the page frame of the first page of the area, and the kernel has it mapped
/// at `address`, for registers in I/O memory.
pub struct Backing<'s> {
    cache: Cache,
    read_only: bool,
    frame: usize,
    address: *mut u8,
    _resource: PhantomData<&'s ()>,
}

/// How many kinds there are.
pub(crate) const KINDS: u8 = 4;

impl Backing<'_> {
    /// Lets nobody write: `mmap()` and `mprotect()` for writing fail with `EACCES`.
    #[inline(always)]
    pub fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// What all pages of a mapping have in common, as a number below [`KINDS`].
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
