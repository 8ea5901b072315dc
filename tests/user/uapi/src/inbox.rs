// SPDX-License-Identifier: GPL-2.0

//! `/dev/testdevN-box`, the node of the test driver for revoking.
//!
//! C header: `tests/kmod/testdev/testdev.h`.

use rustix::{
    fd::AsFd,
    io,
    ioctl::{ioctl, opcode, Getter, IntegerSetter, NoArg, Opcode},
};

const MAGIC: u8 = 0xde;

/// `TESTDEV_REVOKE`.
pub const REVOKE: Opcode = opcode::none(MAGIC, 0x20);
/// `TESTDEV_REVOKE_OTHERS`.
pub const REVOKE_OTHERS: Opcode = opcode::none(MAGIC, 0x21);
/// `TESTDEV_REVOKE_ALL`.
pub const REVOKE_ALL: Opcode = opcode::none(MAGIC, 0x22);
/// `TESTDEV_BOX_HIDDEN`.
pub const HIDDEN: Opcode = opcode::none(MAGIC, 0x23);
/// `TESTDEV_STUCK`.
pub const STUCK: Opcode = opcode::none(MAGIC, 0x24);
/// `TESTDEV_UNSEEN`.
pub const UNSEEN: Opcode = opcode::none(MAGIC, 0x26);
/// `TESTDEV_BOX_COUNTS`.
pub const COUNTS: Opcode = opcode::read::<[u64; 4]>(MAGIC, 0x25);

/// `enum testdev_revoke`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// In one step.
    AtOnce = 0,
    /// In two, and [`stuck`] ends between them.
    InSteps = 1,
    /// The second step is that a value is dropped.
    Dropped = 2,
    /// There is no second step.
    Forgotten = 3,
}

/// Counts since the module was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files that were created. Their open may still fail.
    pub made: u64,
    /// Files that were opened.
    pub connects: u64,
    /// Files that were disconnected.
    pub disconnects: u64,
    /// Files whose memory was freed.
    pub drops: u64,
}

/// Revokes the file.
///
/// # Errors
///
/// EACCES when it is revoked already, ENODEV when the device is gone.
pub fn revoke(fd: impl AsFd, how: How) -> io::Result<()> {
    // SAFETY: The argument is a number.
    unsafe { ioctl(fd, IntegerSetter::<REVOKE>::new_usize(how as usize)) }
}

/// Revokes all other files of the device.
///
/// # Errors
///
/// EACCES when this one is revoked, ENODEV when the device is gone.
pub fn revoke_others(fd: impl AsFd, how: How) -> io::Result<()> {
    // SAFETY: The argument is a number.
    unsafe { ioctl(fd, IntegerSetter::<REVOKE_OTHERS>::new_usize(how as usize)) }
}

/// Makes a work item revoke all files of the device.
///
/// # Errors
///
/// EACCES when this one is revoked, ENODEV when the device is gone.
pub fn revoke_all(fd: impl AsFd, how: How) -> io::Result<()> {
    // SAFETY: The argument is a number.
    unsafe { ioctl(fd, IntegerSetter::<REVOKE_ALL>::new_usize(how as usize)) }
}

/// Sleeps inside the driver until the file is revoked or the device unplugged.
///
/// # Errors
///
/// ECANCELED then; EACCES or ENODEV when it was so at the start.
pub fn hidden(fd: impl AsFd) -> io::Result<()> {
    // SAFETY: The command has no argument.
    unsafe { ioctl(fd, NoArg::<HIDDEN>::new()) }
}

/// Sleeps inside the driver until a revocation in steps.
///
/// # Errors
///
/// As [`hidden`].
pub fn stuck(fd: impl AsFd) -> io::Result<()> {
    // SAFETY: The command has no argument.
    unsafe { ioctl(fd, NoArg::<STUCK>::new()) }
}

/// Sleeps inside the driver in a wait that neither the driver nor the framework knows.
///
/// # Errors
///
/// EACCES when the file is revoked, ENODEV when the device is gone.
pub fn unseen(fd: impl AsFd) -> io::Result<()> {
    // SAFETY: The command has no argument.
    unsafe { ioctl(fd, NoArg::<UNSEEN>::new()) }
}

/// The driver's counts.
///
/// # Errors
///
/// EACCES when the file is revoked, ENODEV when the device is gone.
pub fn counts(fd: impl AsFd) -> io::Result<Counts> {
    // SAFETY: The number says that the driver writes four `u64`, and any bytes are valid numbers.
    let [made, connects, disconnects, drops] =
        unsafe { ioctl(fd, Getter::<COUNTS, [u64; 4]>::new()) }?;
    Ok(Counts {
        made,
        connects,
        disconnects,
        drops,
    })
}
