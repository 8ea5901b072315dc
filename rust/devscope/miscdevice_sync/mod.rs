// SPDX-License-Identifier: GPL-2.0

//! Misc devices whose file operations all end before unbind does.
//!
//! C header: [`include/linux/miscdevice.h`](srctree/include/linux/miscdevice.h)

mod registration;

use crate::{
    binding::{Binding, Shared},
    fops::FileOperations, //
};
use kernel::{bindings, prelude::*};
use registration::Registration;

/// What a misc device is called, and where.
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

    /// With a minor that is reserved for it in `include/linux/miscdevice.h`.
    #[must_use]
    pub const fn minor(self, minor: u8) -> Self {
        // CAST: Widens; `From` is not const.
        Self {
            minor: minor as u32,
            ..self
        }
    }

    /// With this mode of the device node, such as `0o660`.
    #[must_use]
    pub const fn mode(self, mode: u16) -> Self {
        Self { mode, ..self }
    }

    /// With its place in sysfs below the parent of the bound device instead of below that device
    /// itself, where the parent is the device that the user knows.
    #[must_use]
    pub const fn below_parent(self) -> Self {
        Self {
            below_parent: true,
            ..self
        }
    }
}

/// Registers a misc device that lasts until the device of `binding` is unbound.
///
/// Its files can be opened before this returns. `T` is the driver's side of them, and `data` what
/// they reach. At unbind, every file is cut off ([`FileOperations::wake`],
/// [`FileOperations::disconnect`]); the node goes later, when all that the binding has registered
/// has ended. May sleep.
///
/// # Errors
///
/// - `EBUSY`: the minor is taken, or no minor is left.
/// - `EINVAL`: the name is empty.
/// - `ENOMEM`.
pub fn register<'bound, T: FileOperations>(
    binding: &mut Binding<'bound>,
    options: Options<'_>,
    data: Shared<'bound, T::Device>,
) -> Result {
    // C refuses it too, with a stack trace.
    if options.name.to_bytes().is_empty() {
        return Err(EINVAL);
    }
    let device = binding.device();
    binding
        .attach(Registration::<T>::new(device, options, data))
        .map(drop)
}
