// SPDX-License-Identifier: GPL-2.0
// UNSAFE: a trait of what user space may map.

//! What can be mapped.

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

/// How the processor goes about mapped memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cache {
    /// As any memory.
    Normal = 0,
    /// Each access reaches the device, in order: `pgprot_noncached()`.
    Uncached = 1,
}

/// A resource whose pages user space may map: see [`Area::backed_by`](super::Area::backed_by).
///
/// # Safety
///
/// While the value is borrowed, each of its [pages](Self::pages) is there, has the
/// [frame](Self::frame) that is said, and is in the kernel's memory at its place after
/// [`Self::address`]: I/O memory unless [`Self::CACHE`] is [`Cache::Normal`]. Anybody may read and
/// write all of it at any time: nothing in the kernel takes it for memory that only changes when it
/// does so itself, or stores there what it trusts.
pub unsafe trait Mappable {
    /// How it is to be mapped.
    const CACHE: Cache;

    /// How many pages it has.
    fn pages(&self) -> usize;

    /// The page frame of one of its pages.
    ///
    /// # Errors
    ///
    /// `ENXIO` where it cannot be mapped.
    fn frame(&self, page: usize) -> Result<usize>;

    /// Where its first page is in the kernel's memory.
    fn address(&self) -> *mut u8;
}

/// The page frame at `address`, as `find` says: zero is none.
fn found(frame: usize) -> Result<usize> {
    match frame {
        0 => Err(ENXIO),
        frame => Ok(frame),
    }
}

/// The frame of a page of I/O memory.
fn frame_of_io(address: *mut u8) -> Result<usize> {
    if address.addr() & !PAGE_MASK != 0 {
        return Err(ENXIO);
    }
    // SAFETY: The function looks the address up, whatever it is.
    found(unsafe { helpers::devscope_io_frame(address.cast()) })
}

/// The frame of a page of memory that the kernel has allocated.
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
        // in part is not counted. Whatever is there, nobody takes for memory.
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

/// All pages that it has a part of: DMA memory is allocated by the page. On x86, where a device
/// sees what the caches have.
// SAFETY: The memory is there as long as the value. What is in it, the device may change at any
// time, and whatever that is, it is a `T`.
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
