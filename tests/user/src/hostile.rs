// SPDX-License-Identifier: GPL-2.0

//! A driver of `tests/hostile`. It borrows devices of testdev, which are bound to testdev again
//! after the attack.

use crate::{device::Device, module::Loaded};
use rustix::{
    fd::{AsFd, AsRawFd},
    io::{self, Errno},
};

const MAGIC: u64 = 0xde;

/// A hostile driver that is loaded, with the modules that it depends on.
pub struct Attack {
    /// Declared before the module: dropping them unbinds them from it, and binds testdev again.
    devices: Vec<Device>,
    _module: Loaded,
}

impl Attack {
    /// Loads the module `name`, and binds its driver of this name to the first `count` devices.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn with_devices(name: &'static str, count: usize) -> Self {
        let module = Loaded::new(&[name]);
        let lend = |index| Device::get("testdev", index).lent_to(name);
        Self {
            devices: (0..count).map(lend).collect(),
            _module: module,
        }
    }

    /// One of its devices, bound.
    pub fn device(&self, index: usize) -> &Device {
        &self.devices[index]
    }
}

/// Calls `ioctl()` with `_IO(0xDE, number)` on an open file. The argument is an integer, not a
/// pointer.
///
/// # Errors
///
/// Those of the driver.
pub fn attack(fd: impl AsFd, number: u8, argument: usize) -> io::Result<()> {
    let request = MAGIC << 8 | u64::from(number);
    // SAFETY: The drivers of `tests/hostile` do not use `argument` as an address.
    match unsafe { libc::ioctl(fd.as_fd().as_raw_fd(), request, argument) } {
        -1 => Err(last_error()),
        _ => Ok(()),
    }
}

fn last_error() -> Errno {
    let error = std::io::Error::last_os_error();
    Errno::from_raw_os_error(error.raw_os_error().unwrap_or(libc::EIO))
}
