// SPDX-License-Identifier: GPL-2.0

//! `/dev/ramdisk`, the sample driver for disks of memory.
//!
//! C header: `include/uapi/devscope/ramdisk.h`.

use crate::loopchan::Count;
use rustix::{
    fd::{AsFd, FromRawFd, OwnedFd},
    io,
    ioctl::{ioctl, opcode, Opcode, Updater},
};

/// `RAMDISK_READ_ONLY`: the disk is read-only.
pub const READ_ONLY: u32 = 0x1;
/// `RAMDISK_DISCARD`: the disk supports discards.
pub const DISCARD: u32 = 0x2;
/// `RAMDISK_OPEN_READ`: the descriptor is for reading only.
pub const OPEN_READ: u32 = 0x4;
/// `RAMDISK_OPEN_EXCL`: as with `O_EXCL`.
pub const OPEN_EXCL: u32 = 0x8;
/// `RAMDISK_OPEN_DIRECT`: as with `O_DIRECT`.
pub const OPEN_DIRECT: u32 = 0x10;

const MAGIC: u8 = 0xef;

/// `RAMDISK_IOC_CREATE`.
pub const CREATE: Opcode = opcode::read_write::<Create>(MAGIC, 0x00);
/// `RAMDISK_IOC_COUNT`.
pub const COUNT: Opcode = opcode::none(MAGIC, 0x01);

/// `struct ramdisk_create`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Create {
    /// In bytes.
    pub size: u64,
    /// 0 stands for 512.
    pub block_size: u32,
    /// [`READ_ONLY`] and so on.
    pub flags: u32,
    /// The unique sequence number of the disk.
    pub diskseq: u64,
    /// Of the disk's number.
    pub major: u32,
    /// Of the disk's number.
    pub minor: u32,
    /// The descriptor.
    pub fd: i32,
    /// Zero.
    pub reserved: u32,
}

const _: () = assert!(size_of::<Create>() == 40);

/// Creates a disk. Returns its descriptor, and the driver's answer.
///
/// # Errors
///
/// EINVAL for invalid arguments, EMFILE, ENOSPC, ENODEV when the device is gone, ENOTTY when `fd`
/// is something else.
pub fn create(fd: impl AsFd, create: &Create) -> io::Result<(OwnedFd, Create)> {
    let mut create = *create;
    // SAFETY: The number says that the driver reads and writes one `Create`.
    unsafe { ioctl(fd, Updater::<CREATE, Create>::new(&mut create)) }?;
    // SAFETY: The driver has just installed the descriptor, and nothing else owns it.
    Ok((unsafe { OwnedFd::from_raw_fd(create.fd) }, create))
}

/// The number of disks.
///
/// # Errors
///
/// ENODEV when the device is gone, ENOTTY when `fd` is something else.
pub fn count(fd: impl AsFd) -> io::Result<u32> {
    // SAFETY: The command has no argument.
    unsafe { ioctl(fd, Count::<COUNT>) }
}
