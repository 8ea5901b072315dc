// SPDX-License-Identifier: GPL-2.0

//! Misc devices whose file operations all end before unbind returns.
//!
//! C header: [`include/linux/miscdevice.h`](srctree/include/linux/miscdevice.h)

mod registration;

use crate::{
    binding::{Binding, Shared},
    fops::FileOperations, //
};
use kernel::{bindings, prelude::*};
use registration::Registration;

/// The name and place of a misc device.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    name: &'a CStr,
    minor: u32,
    mode: u16,
    below_parent: bool,
}

impl<'a> Options<'a> {
    /// A device node `name` in `/dev`, with a dynamic minor and the default mode, 0600.
    pub const fn new(name: &'a CStr) -> Self {
        Self {
            name,
            minor: bindings::MISC_DYNAMIC_MINOR,
            mode: 0,
            below_parent: false,
        }
    }

    /// Sets a minor that is reserved for the device in `include/linux/miscdevice.h`.
    #[must_use]
    pub const fn minor(self, minor: u8) -> Self {
        // CAST: Widens; `From` is not const.
        Self {
            minor: minor as u32,
            ..self
        }
    }

    /// Sets the mode of the device node, such as `0o660`.
    #[must_use]
    pub const fn mode(self, mode: u16) -> Self {
        Self { mode, ..self }
    }

    /// Puts the device in sysfs below the parent of the bound device instead of the bound device,
    /// for a driver whose users know the parent.
    #[must_use]
    pub const fn below_parent(self) -> Self {
        Self {
            below_parent: true,
            ..self
        }
    }
}

/// Registers a misc device until the device of `binding` is unbound.
///
/// Its files can be opened before this returns. `T` has the file operations, and `data` is the data
/// that they reach. Unbind unplugs all files ([`FileOperations::wake`],
/// [`FileOperations::disconnect`]); it removes the node later, when all other registrations of the
/// binding have ended. May sleep.
///
/// # Errors
///
/// - `EBUSY`: the minor is in use, or no minor is free.
/// - `EINVAL`: the name is empty.
/// - `ENOMEM`.
pub fn register<'bound, T: FileOperations>(
    binding: &mut Binding<'bound>,
    options: Options<'_>,
    data: Shared<'bound, T::Device>,
) -> Result {
    // `misc_register()` refuses it, too, but with a stack trace.
    if options.name.to_bytes().is_empty() {
        return Err(EINVAL);
    }
    let device = binding.device();
    binding
        .attach(Registration::<T>::new(device, options, data))
        .map(drop)
}
