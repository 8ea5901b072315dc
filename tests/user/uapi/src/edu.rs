// SPDX-License-Identifier: GPL-2.0

//! `/dev/eduN` and `/dev/eduN-ram`, the sample driver for QEMU's edu device.
//!
//! C header: `include/uapi/devscope/edu.h`.

use rustix::{
    fd::AsFd,
    io,
    ioctl::{ioctl, opcode, Getter, Opcode, Setter, Updater},
    mm::{mmap, munmap, MapFlags, ProtFlags},
};
use std::ptr::null_mut;

/// How many numbers may wait for the device.
pub const QUEUE_DEPTH: usize = 64;
/// The usable size of the device's own memory.
pub const RAM_SIZE: usize = 4095;

const MAGIC: u8 = 0xed;

/// `EDU_IOC_IDENT`.
pub const IDENT: Opcode = opcode::read::<Ident>(MAGIC, 0x00);
/// `EDU_IOC_ALIVE`.
pub const ALIVE: Opcode = opcode::read_write::<u32>(MAGIC, 0x01);

/// `EDU_IOC_FETCH`.
pub const FETCH: Opcode = opcode::write::<Range>(MAGIC, 0x02);

/// `struct edu_range`: a part of the device's own memory.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Where it starts.
    pub offset: u32,
    /// How many bytes it has.
    pub length: u32,
}

/// `struct edu_ident`: the fields of the device's identification register.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ident {
    /// Always 0xed.
    pub magic: u8,
    /// Major version of the device.
    pub major: u8,
    /// Minor version of the device.
    pub minor: u8,
    /// Zero.
    pub reserved: u8,
}

const _: () = assert!(size_of::<Ident>() == 4);

/// Reads the identification register.
///
/// # Errors
///
/// ENODEV when the device is gone, ENOTTY when `fd` is something else.
pub fn ident(fd: impl AsFd) -> io::Result<Ident> {
    // SAFETY: The number says that the driver writes one `Ident`, and any bytes are a valid one.
    unsafe { ioctl(fd, Getter::<IDENT, Ident>::new()) }
}

/// Sends `pattern` through the device, which answers with its bitwise inverse.
///
/// # Errors
///
/// ENODEV when the device is gone, ENOTTY when `fd` is something else.
pub fn alive(fd: impl AsFd, pattern: u32) -> io::Result<u32> {
    let mut value = pattern;
    // SAFETY: The number says that the driver reads and writes one `u32`.
    unsafe { ioctl(fd, Updater::<ALIVE, u32>::new(&mut value)) }?;
    Ok(value)
}

/// Makes the device copy a part of its own memory to the start of the [`Buffer`].
///
/// # Errors
///
/// EINVAL for a part that is empty or not in the memory, ENODEV when the device is gone, EAGAIN if
/// another caller uses the DMA engine and the file is nonblocking, ENOTTY when `fd` is something
/// else.
pub fn fetch(fd: impl AsFd, range: Range) -> io::Result<()> {
    // SAFETY: The number says that the driver reads one `Range`.
    unsafe { ioctl(fd, Setter::<FETCH, Range>::new(range)) }
}

/// A mapping of the buffer of the device's transfers. The transfers of all callers change it.
pub struct Buffer(*mut u8);

impl Buffer {
    /// Maps it.
    ///
    /// # Errors
    ///
    /// ENODEV when the device is gone; those of `mmap()`.
    pub fn map(fd: impl AsFd) -> io::Result<Self> {
        // SAFETY: The kernel chooses a free address, so no other code uses this memory.
        let addr = unsafe {
            mmap(
                null_mut(),
                RAM_SIZE,
                ProtFlags::READ,
                MapFlags::SHARED,
                fd,
                0,
            )
        };
        Ok(Self(addr?.cast()))
    }

    /// Copies its first bytes. When the device is gone, this raises SIGBUS.
    ///
    /// # Panics
    ///
    /// If it does not have as many.
    pub fn copy(&self, bytes: &mut [u8]) {
        assert!(bytes.len() <= RAM_SIZE);
        for (index, byte) in bytes.iter_mut().enumerate() {
            // SAFETY: In the mapping. The device may change it at any time.
            *byte = unsafe { self.0.add(index).read_volatile() };
        }
    }

    /// Its address.
    pub fn addr(&self) -> usize {
        self.0.addr()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: This value owns the mapping, and no reference into it exists.
        unsafe { munmap(self.0.cast(), RAM_SIZE) }.expect("munmap");
    }
}
