// SPDX-License-Identifier: GPL-2.0
// UNSAFE: a trait of what user space may map.

//! Resources that can be mapped.

use crate::ffi::helpers;
#[cfg(CONFIG_PCI)]
use kernel::pci;
#[cfg(CONFIG_X86)]
use kernel::{
    dma::Coherent,
    ptr::KnownSize,
    transmute::FromBytes, //
};
use kernel::{
    io::{
        mem::{ExclusiveIoMem, IoMem},
        Io,
        IoBackend,
        IoBase,
        MmioBackend, //
    },
    page::{PAGE_MASK, PAGE_SIZE},
    prelude::*, //
};

/// The caching of mapped memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cache {
    /// Cached, like other memory.
    Normal = 0,
    /// Each access reaches the device, in order: `pgprot_noncached()`.
    Uncached = 1,
}

/// A resource whose pages user space may map: see [`Area::backed_by`](super::Area::backed_by).
///
/// # Safety
///
/// While the value is borrowed, each of its [pages](Self::pages) is valid, has the
/// [frame](Self::frame) that is returned, and is mapped by the kernel at its offset from
/// [`Self::address`], in I/O memory unless [`Self::CACHE`] is [`Cache::Normal`]. Any program may
/// read and write all of it at any time: no code in the kernel relies on its content not to change,
/// or stores data there that it trusts.
pub unsafe trait Mappable {
    /// The caching of its mappings.
    const CACHE: Cache;

    /// Returns the number of its pages.
    fn pages(&self) -> usize;

    /// Returns the page frame of one of its pages.
    ///
    /// # Errors
    ///
    /// `ENXIO`: it cannot be mapped.
    fn frame(&self, page: usize) -> Result<usize>;

    /// Returns the kernel address of its first page.
    fn address(&self) -> *mut u8;
}

/// Converts the result of a lookup: zero means that there is no page frame.
fn found(frame: usize) -> Result<usize> {
    match frame {
        0 => Err(ENXIO),
        frame => Ok(frame),
    }
}

/// Returns the frame of a page of I/O memory.
fn frame_of_io(address: *mut u8) -> Result<usize> {
    if address.addr() & !PAGE_MASK != 0 {
        return Err(ENXIO);
    }
    // SAFETY: The function accepts any address.
    found(unsafe { helpers::devscope_io_frame(address.cast()) })
}

/// Returns the frame of a page of memory that the kernel has allocated.
///
/// # Safety
///
/// `address` is in memory of `vmalloc()` or of the page allocator.
pub(super) unsafe fn frame_of_memory(address: *mut u8) -> Result<usize> {
    // SAFETY: The caller's address is in memory of `vmalloc()` or of the page allocator, which has
    // a `struct page`.
    found(unsafe { helpers::devscope_memory_frame(address.cast()) })
}

macro_rules! mappable_io {
    ($($type:ident)::+) => {
        /// Whole pages, uncached. Looks the frame up in the kernel's page table; see
        /// [`Window`](super::Window).
        // SAFETY: It has the registers mapped, from its own address on; a page that they fill only
        // in part is not counted. No code uses registers as memory.
        unsafe impl<const SIZE: usize> Mappable for $($type)::+<'_, SIZE> {
            const CACHE: Cache = Cache::Uncached;

            fn pages(&self) -> usize {
                Io::size(self) / PAGE_SIZE
            }

            fn frame(&self, page: usize) -> Result<usize> {
                frame_of_io(self.address().wrapping_add(page * PAGE_SIZE))
            }

            fn address(&self) -> *mut u8 {
                MmioBackend::as_ptr(self.as_view()).cast()
            }
        }
    };
}

#[cfg(CONFIG_PCI)]
mappable_io!(pci::Bar);
mappable_io!(IoMem);
mappable_io!(ExclusiveIoMem);

/// All pages of which it has a part, since DMA memory is allocated in pages. Only on x86, where DMA
/// is cache coherent.
// SAFETY: The memory is valid as long as the value. The device may change its content at any time,
// and any content is a valid `T`.
#[cfg(CONFIG_X86)]
unsafe impl<T: KnownSize + FromBytes + ?Sized> Mappable for Coherent<T> {
    const CACHE: Cache = Cache::Normal;

    fn pages(&self) -> usize {
        self.size().div_ceil(PAGE_SIZE)
    }

    fn frame(&self, page: usize) -> Result<usize> {
        let address = self.address().wrapping_add(page * PAGE_SIZE);
        // SAFETY: No preconditions.
        if unsafe { helpers::devscope_memory_is_encrypted() } {
            return Err(ENXIO);
        }
        // SAFETY: By the type's own invariant.
        unsafe { frame_of_memory(address) }
    }

    fn address(&self) -> *mut u8 {
        self.as_mut_ptr().cast()
    }
}
