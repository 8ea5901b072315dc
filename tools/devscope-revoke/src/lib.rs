// SPDX-License-Identifier: GPL-2.0

//! Functions for `/dev/devscope`: revoke one open file, or all files of a device.
//!
//! C header: `include/uapi/linux/devscope.h`. `Documentation/revoking.rst` describes the
//! permissions.

use rustix::{
    fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd},
    fs::{open, Mode, OFlags},
    io,
    ioctl::{ioctl, opcode, IntegerSetter, Opcode},
};

/// The control node.
pub const CONTROL: &str = "/dev/devscope";

/// `DEVSCOPE_IOC_REVOKE`
const REVOKE: Opcode = opcode::none(0xde, 0x80);
/// `DEVSCOPE_IOC_REVOKE_ALL`
const REVOKE_ALL: Opcode = opcode::none(0xde, 0x81);

/// The open control node.
pub struct Control(OwnedFd);

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Control {
    /// Opens the control node. Any user may do this.
    ///
    /// # Errors
    ///
    /// ENOENT: devscope.ko is not loaded.
    pub fn open() -> io::Result<Self> {
        open(CONTROL, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).map(Self)
    }

    /// Revokes the open file description of `fd`, which may be any of its descriptors.
    ///
    /// # Errors
    ///
    /// - EBADF: `fd` is open with `O_PATH`.
    /// - ENOTTY: the driver of the file does not use Devscope.
    /// - ENODEV: the file is revoked already, or its device is gone.
    pub fn revoke(&self, fd: impl AsFd) -> io::Result<()> {
        let number = fd.as_fd().as_raw_fd() as usize;
        // SAFETY: The argument is a descriptor, and the call changes no memory of the caller.
        unsafe { ioctl(&self.0, IntegerSetter::<REVOKE>::new_usize(number)) }
    }

    /// Revokes all open files of the device with the node `node`, which may be open with `O_PATH`.
    ///
    /// # Errors
    ///
    /// - ENOTTY: `node` is not the node of a driver that uses Devscope.
    /// - EACCES: its file system is mounted with `nodev`.
    /// - EPERM: the caller neither owns the node nor has the capability.
    /// - ENODEV: the device is being unplugged.
    pub fn revoke_all(&self, node: impl AsFd) -> io::Result<()> {
        let number = node.as_fd().as_raw_fd() as usize;
        // SAFETY: As above.
        unsafe { ioctl(&self.0, IntegerSetter::<REVOKE_ALL>::new_usize(number)) }
    }
}

/// [`Control::revoke`], with an open of the control node.
///
/// # Errors
///
/// As for [`Control::revoke`], and those of [`Control::open`].
pub fn revoke(fd: impl AsFd) -> io::Result<()> {
    Control::open()?.revoke(fd)
}

/// [`Control::revoke_all`] of the node at a path. The device is not opened.
///
/// # Errors
///
/// As for [`Control::revoke_all`], and those of [`Control::open`] and of `open()` with `O_PATH`.
pub fn revoke_all(node: impl rustix::path::Arg) -> io::Result<()> {
    let node = open(node, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    Control::open()?.revoke_all(node)
}
