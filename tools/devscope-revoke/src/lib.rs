// SPDX-License-Identifier: GPL-2.0

//! `/dev/devscope`, as functions: takes access to a device away, from one open file or from all of
//! them.
//!
//! C header: `include/uapi/linux/devscope.h`. Who may do what is in `Documentation/revoking.rst`.

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

/// The control node, open.
pub struct Control(OwnedFd);

impl AsFd for Control {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl Control {
    /// Opens it. Any user may.
    ///
    /// # Errors
    ///
    /// ENOENT where devscope.ko is not loaded.
    pub fn open() -> io::Result<Self> {
        open(CONTROL, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()).map(Self)
    }

    /// Revokes the open file description behind `fd`, of which any descriptor will do.
    ///
    /// # Errors
    ///
    /// - EBADF: it is open with `O_PATH`.
    /// - ENOTTY: it is no file of a driver of Devscope's.
    /// - ENODEV: it is revoked already, or its device is gone.
    pub fn revoke(&self, fd: impl AsFd) -> io::Result<()> {
        let number = fd.as_fd().as_raw_fd() as usize;
        // SAFETY: The argument is a descriptor, and the call changes no memory of the caller's.
        unsafe { ioctl(&self.0, IntegerSetter::<REVOKE>::new_usize(number)) }
    }

    /// Revokes all open files of the device whose node `node` is, open in whatever way, `O_PATH`
    /// included.
    ///
    /// # Errors
    ///
    /// - ENOTTY: it is no node of a driver of Devscope's.
    /// - EACCES: its file system is mounted with `nodev`.
    /// - EPERM: the caller neither owns the node nor has the privilege.
    /// - ENODEV: the device is just going.
    pub fn revoke_all(&self, node: impl AsFd) -> io::Result<()> {
        let number = node.as_fd().as_raw_fd() as usize;
        // SAFETY: As above.
        unsafe { ioctl(&self.0, IntegerSetter::<REVOKE_ALL>::new_usize(number)) }
    }
}

/// [`Control::revoke`], for one who does it once.
///
/// # Errors
///
/// As there, and those of [`Control::open`].
pub fn revoke(fd: impl AsFd) -> io::Result<()> {
    Control::open()?.revoke(fd)
}

/// [`Control::revoke_all`] of the node at a path, which is not opened for that.
///
/// # Errors
///
/// As there, and those of [`Control::open`] and of `open()` with `O_PATH`.
pub fn revoke_all(node: impl rustix::path::Arg) -> io::Result<()> {
    let node = open(node, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    Control::open()?.revoke_all(node)
}
