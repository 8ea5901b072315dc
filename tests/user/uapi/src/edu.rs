// SPDX-License-Identifier: GPL-2.0

//! `/dev/eduN` and `/dev/eduN-ram`, the sample driver for QEMU's edu device.
//!
//! C header: `include/uapi/devscope/edu.h`.

use rustix::{
    fd::AsFd,
    io,
    ioctl::{ioctl, opcode, Getter, Opcode, Updater},
};

/// How many numbers may wait for the device.
pub const QUEUE_DEPTH: usize = 64;
/// The size of the device's own memory, as far as it can be used.
pub const RAM_SIZE: usize = 4095;

const MAGIC: u8 = 0xed;

/// `EDU_IOC_IDENT`.
pub const IDENT: Opcode = opcode::read::<Ident>(MAGIC, 0x00);
/// `EDU_IOC_ALIVE`.
pub const ALIVE: Opcode = opcode::read_write::<u32>(MAGIC, 0x01);

/// `struct edu_ident`: the device's identification register, taken apart.
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

/// Asks the device who it is.
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
