// SPDX-License-Identifier: GPL-2.0

//! A driver of `tests/hostile`, with devices that it is lent: those of testdev, which has them again
//! when the attack is over.

use crate::{device::Device, module::Loaded};
use rustix::{
    fd::{AsFd, AsRawFd},
    io::{self, Errno},
};

const MAGIC: u64 = 0xde;

/// A hostile driver that is loaded, with what it depends on.
pub struct Attack {
    /// Before the module: they are unbound from it, and given back.
    devices: Vec<Device>,
    _module: Loaded,
}

impl Attack {
    /// Loads the driver `name`, which is also the module's, and binds it to the first `count`
    /// devices.
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

/// Has the driver of an open file do what it calls `_IO(0xDE, number)`: an `ioctl()` that is given an
/// integer, and no memory.
///
/// # Errors
///
/// Those of the driver.
pub fn attack(fd: impl AsFd, number: u8, argument: usize) -> io::Result<()> {
    let request = MAGIC << 8 | u64::from(number);
    // SAFETY: The drivers of `tests/hostile` take `argument` for no address.
    match unsafe { libc::ioctl(fd.as_fd().as_raw_fd(), request, argument) } {
        -1 => Err(last_error()),
        _ => Ok(()),
    }
}

fn last_error() -> Errno {
    let error = std::io::Error::last_os_error();
    Errno::from_raw_os_error(error.raw_os_error().unwrap_or(libc::EIO))
}
