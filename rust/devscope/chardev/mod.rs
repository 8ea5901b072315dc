// SPDX-License-Identifier: GPL-2.0
// UNSAFE: names a class of C.

//! Character devices whose file operations all end before unbind does, with a number, a class and a
//! place in sysfs that the driver chooses: for what is more than a
//! [misc device](crate::miscdevice_sync).
//!
//! C headers: [`include/linux/cdev.h`](srctree/include/linux/cdev.h),
//! [`include/linux/device.h`](srctree/include/linux/device.h)

mod children;
mod node;
mod number;
mod registration;

pub use crate::ffi::handout::NewFile;
pub use children::{register_children, Child, ChildOptions, Children};
pub use number::{Dynamic, Number};

use crate::{
    binding::{Binding, Shared},
    fops::FileOperations, //
};
use core::ptr::null;
use kernel::{bindings, prelude::*};
use registration::Registration;

/// What a character device is called, and where.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    name: &'a CStr,
    class: *const bindings::class,
    below_parent: bool,
}

impl<'a> Options<'a> {
    /// A device `name`, below the bound device in sysfs. The node in `/dev` has the same name and
    /// mode 0600, unless the class says otherwise. Among devices of the class, the name is the only
    /// one.
    pub const fn new(name: &'a CStr) -> Self {
        Self {
            name,
            class: null(),
            below_parent: false,
        }
    }

    /// In this class.
    #[must_use]
    pub const fn class(self, class: Class) -> Self {
        Self {
            class: class.0,
            ..self
        }
    }

    /// With its place in sysfs below the parent of the bound device instead of below that device
    /// itself, where the parent is the device that the user knows. So it has to be for an input
    /// handler, whose binding has a device that sysfs does not show.
    #[must_use]
    pub const fn below_parent(self) -> Self {
        Self {
            below_parent: true,
            ..self
        }
    }
}

/// A class that C has registered.
///
/// # Invariants
///
/// It stays registered.
#[derive(Clone, Copy)]
pub struct Class(*const bindings::class);

// SAFETY: A class may be used by any thread.
unsafe impl Send for Class {}
// SAFETY: A class may be used by any thread.
unsafe impl Sync for Class {}

impl Class {
    /// For the abstraction of a subsystem that has a class.
    ///
    /// # Safety
    ///
    /// `class` is registered, and stays so while the calling module is loaded.
    pub const unsafe fn from_raw(class: *const bindings::class) -> Self {
        // INVARIANT: The caller passes a class that is registered, and stays so while its module is
        // loaded.
        Self(class)
    }
}

/// Registers a character device that lasts until the device of `binding` is unbound.
///
/// Its files can be opened before this returns. `T` is the driver's side of them, and `data` what
/// they reach. At unbind, every file is cut off ([`FileOperations::wake`],
/// [`FileOperations::disconnect`]); the node goes later, when all that the binding has registered
/// has ended. May sleep.
///
/// # Errors
///
/// - `EBUSY`: the number is taken, or `data` has [`OpenFiles`](crate::fops::OpenFiles) of another
///   registration.
/// - `EEXIST`: the name is taken; C has a stack trace for it.
/// - `EINVAL`: the name is empty.
/// - `ENOMEM`.
///
/// # Examples
///
/// See `drivers/input/evdev`.
pub fn register<'bound, T: FileOperations, N: Number>(
    binding: &mut Binding<'bound>,
    options: Options<'_>,
    number: N,
    data: Shared<'bound, T::Device>,
) -> Result {
    if options.name.to_bytes().is_empty() {
        return Err(EINVAL);
    }
    let device = binding.device();
    binding
        .attach(Registration::<T, N>::new(device, options, number, data))
        .map(drop)
}
