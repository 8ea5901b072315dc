// SPDX-License-Identifier: GPL-2.0

//! `/dev/loopchan`, the sample driver for pairs of character devices.
//!
//! C header: `include/uapi/devscope/loopchan.h`.

use rustix::{
    fd::{AsFd, FromRawFd, OwnedFd},
    io,
    ioctl::{ioctl, opcode, Ioctl, IoctlOutput, Opcode, Updater},
};
use std::{ffi::c_void, ptr::null_mut};

/// `LOOPCHAN_NODES`: the ends have nodes.
pub const NODES: u32 = 0x1;
/// `LOOPCHAN_NONBLOCK`: the descriptors are nonblocking.
pub const NONBLOCK: u32 = 0x2;
/// The largest number of bytes that a call transfers.
pub const CHUNK: usize = 256;

const MAGIC: u8 = 0xee;

/// `LOOPCHAN_IOC_PAIR`.
pub const PAIR: Opcode = opcode::read_write::<Pair>(MAGIC, 0x00);
/// `LOOPCHAN_IOC_COUNT`.
pub const COUNT: Opcode = opcode::none(MAGIC, 0x01);

/// `struct loopchan_pair`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// [`NODES`] and [`NONBLOCK`].
    pub flags: u32,
    /// The descriptors.
    pub fds: [i32; 2],
}

/// Creates two ends.
///
/// # Errors
///
/// EINVAL for unknown flags, EMFILE, ENOSPC, ENODEV when the device is gone, ENOTTY when
/// `fd` is something else.
pub fn pair(fd: impl AsFd, flags: u32) -> io::Result<[OwnedFd; 2]> {
    let mut pair = Pair {
        flags,
        fds: [-1; 2],
    };
    // SAFETY: The number says that the driver reads and writes one `Pair`.
    unsafe { ioctl(fd, Updater::<PAIR, Pair>::new(&mut pair)) }?;
    // SAFETY: The driver has just installed the descriptors, and nothing else owns them.
    Ok(pair.fds.map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }))
}

/// The number of ends.
///
/// # Errors
///
/// ENODEV when the device is gone, ENOTTY when `fd` is something else.
pub fn count(fd: impl AsFd) -> io::Result<u32> {
    // SAFETY: The command has no argument.
    unsafe { ioctl(fd, Count::<COUNT>) }
}

/// A command without an argument that returns a number.
pub(crate) struct Count<const OPCODE: Opcode>;

// SAFETY: The driver accesses no memory.
unsafe impl<const OPCODE: Opcode> Ioctl for Count<OPCODE> {
    type Output = u32;

    const IS_MUTATING: bool = false;

    fn opcode(&self) -> Opcode {
        OPCODE
    }

    fn as_ptr(&mut self) -> *mut c_void {
        null_mut()
    }

    unsafe fn output_from_ptr(output: IoctlOutput, _: *mut c_void) -> io::Result<u32> {
        Ok(output.cast_unsigned())
    }
}
