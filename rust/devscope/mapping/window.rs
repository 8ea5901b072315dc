// SPDX-License-Identifier: GPL-2.0
// UNSAFE: says what of a resource user space may map.

//! Resources with a known physical address.

use super::{Cache, Mappable};
use core::ops::Deref;
use kernel::prelude::*;

/// A physically contiguous resource, with its first page frame: a page fault need not look it up in
/// the kernel's page table. It derefs to the resource.
///
/// # Examples
///
/// ```
/// # fn probe(pdev: &pci::Device<Core<'_>>) -> Result {
/// let bar = Window::new(pdev.iomap_region_sized::<{ regs::END }>(0, c"edu")?)?;
/// bar.read(regs::ID);
/// # Ok(()) }
/// ```
///
/// # Invariants
///
/// The pages of `resource` have the frames from `first` on.
pub struct Window<R> {
    first: usize,
    pages: usize,
    resource: R,
}

impl<R: Mappable> Window<R> {
    /// Looks up the page frames of `resource`. The time is proportional to its number of pages.
    ///
    /// # Errors
    ///
    /// - `ENXIO`: it cannot be mapped; see [`Area::backed_by`](super::Area::backed_by).
    /// - `EINVAL`: it has no whole page, or its pages are not contiguous.
    pub fn new(resource: R) -> Result<Self> {
        let pages = resource.pages();
        if pages == 0 {
            return Err(EINVAL);
        }
        let first = resource.frame(0)?;
        for page in 1..pages {
            if resource.frame(page)? != first + page {
                return Err(EINVAL);
            }
        }
        // INVARIANT: Just looked up.
        Ok(Self {
            first,
            pages,
            resource,
        })
    }
}

impl<R> Deref for Window<R> {
    type Target = R;

    #[inline(always)]
    fn deref(&self) -> &R {
        &self.resource
    }
}

// SAFETY: The frames are those of the resource by the type invariant, since a resource does not
// move. The resource guarantees all the rest.
unsafe impl<R: Mappable> Mappable for Window<R> {
    const CACHE: Cache = R::CACHE;

    #[inline(always)]
    fn pages(&self) -> usize {
        self.pages
    }

    #[inline(always)]
    fn frame(&self, page: usize) -> Result<usize> {
        Ok(self.first + page)
    }

    #[inline(always)]
    fn address(&self) -> *mut u8 {
        self.resource.address()
    }
}
