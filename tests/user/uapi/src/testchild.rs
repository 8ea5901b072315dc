// SPDX-License-Identifier: GPL-2.0

//! `/dev/testchildN`, the test driver for testdev's auxiliary device.
//!
//! C header: `tests/kmod/testdev/testdev.h`.

use rustix::{
    fd::AsFd,
    io::{self, Errno},
    ioctl::{ioctl, opcode, NoArg, Opcode},
};

/// The first four bytes of the parent's BAR once a sample was taken: test 0, of width 1.
pub const HEADER: u32 = 0x100;

/// `TESTCHILD_OWN_COOKIE`.
pub const OWN_COOKIE: Opcode = opcode::none(0xde, 0x40);

/// Makes a work item take a sample.
///
/// # Errors
///
/// ENODEV when the device is gone.
pub fn sample(fd: impl AsFd) -> io::Result<()> {
    io::write(fd, b"x").map(drop)
}

/// The next sample, and the present value in the parent's BAR.
///
/// # Errors
///
/// EAGAIN with `O_NONBLOCK`, EINTR, ENODEV when the device is gone.
pub fn read(fd: impl AsFd) -> io::Result<[u32; 2]> {
    let mut bytes = [0; 8];
    match io::read(fd, &mut bytes)? {
        8 => {
            Ok([&bytes[..4], &bytes[4..]].map(|half| u32::from_ne_bytes(half.try_into().unwrap())))
        }
        _ => Err(Errno::IO),
    }
}

/// Uses the cookie of the auxiliary device for a resource of the parent.
///
/// # Errors
///
/// EINVAL. ENODEV when the device is gone.
pub fn own_cookie(fd: impl AsFd) -> io::Result<()> {
    // SAFETY: The command has no argument.
    unsafe { ioctl(fd, NoArg::<OWN_COOKIE>::new()) }
}
