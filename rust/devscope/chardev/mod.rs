// SPDX-License-Identifier: GPL-2.0
// UNSAFE: names a class of C.

//! Character devices whose file operations all end before unbind returns. Unlike for a [misc
//! device](crate::miscdevice_sync), the driver chooses the number, the class and the place in
//! sysfs.
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

/// The name and place of a character device.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    name: &'a CStr,
    class: *const bindings::class,
    below_parent: bool,
}

impl<'a> Options<'a> {
    /// A device `name`, below the bound device in sysfs. The node in `/dev` has the same name and
    /// mode 0600, unless the class sets others. The name has to be unique among the devices of the
    /// class.
    pub const fn new(name: &'a CStr) -> Self {
        Self {
            name,
            class: null(),
            below_parent: false,
        }
    }

    /// Sets the class.
    #[must_use]
    pub const fn class(self, class: Class) -> Self {
        Self {
            class: class.0,
            ..self
        }
    }

    /// Puts the device in sysfs below the parent of the bound device instead of the bound device,
    /// for a driver whose users know the parent. An input handler has to use it, since the device
    /// of its binding is not in sysfs.
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
/// The class stays registered.
#[derive(Clone, Copy)]
pub struct Class(*const bindings::class);

// SAFETY: A class may be used by any thread.
unsafe impl Send for Class {}
// SAFETY: A class may be used by any thread.
unsafe impl Sync for Class {}

impl Class {
    /// Creates a reference to a class, for the abstraction of a subsystem.
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

/// Registers a character device until the device of `binding` is unbound.
///
/// Its files can be opened before this returns. `T` has the file operations, and `data` is the data
/// that they reach. Unbind unplugs all files ([`FileOperations::wake`],
/// [`FileOperations::disconnect`]); it removes the node later, when all other registrations of the
/// binding have ended. May sleep.
///
/// # Errors
///
/// - `EBUSY`: the number is in use, or `data` has [`OpenFiles`](crate::fops::OpenFiles) of another
///   registration.
/// - `EEXIST`: the name is in use. The driver core prints a stack trace.
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
