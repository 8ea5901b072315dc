// SPDX-License-Identifier: GPL-2.0
// UNSAFE: makes a `struct device`, and counts references to it.

//! A `struct device` that the driver core frees, not a driver.
//!
//! The holder of a reference to a device may keep it for any time: for longer than the modules of
//! the driver and of the framework are loaded. `release` runs when the last reference is dropped,
//! so it has to be a function of the kernel. The driver core has such a function for the platform
//! devices that it allocates. So this is a platform device, which is not added to a bus.
//!
//! C header: [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h)

use core::ptr::{from_ref, NonNull};
use kernel::{
    bindings,
    device::{Bound, Device},
    error::to_result,
    prelude::*, //
};

/// A reference to a device that the driver core frees.
///
/// # Invariants
///
/// `0` is initialised, and this value owns a reference to it.
pub struct FreeDevice(NonNull<bindings::device>);

// SAFETY: References to a device may be put by any thread.
unsafe impl Send for FreeDevice {}
// SAFETY: A device may be used by any thread.
unsafe impl Sync for FreeDevice {}

impl FreeDevice {
    /// Creates a device that only has a name. Errors: `ENOMEM`.
    pub fn new(name: &CStr) -> Result<Self> {
        // SAFETY: A C string.
        let device = unsafe {
            bindings::platform_device_alloc(
                c"devscope".as_char_ptr(),
                bindings::PLATFORM_DEVID_NONE,
            )
        };
        let device = NonNull::new(device).ok_or(ENOMEM)?;
        // INVARIANT: Just initialised, with the first reference.
        // SAFETY: A field of it.
        let device = Self(unsafe { NonNull::new_unchecked(&raw mut (*device.as_ptr()).dev) });
        // SAFETY: The device is initialised; the format is for a C string.
        to_result(unsafe {
            bindings::dev_set_name(device.as_raw(), c"%s".as_char_ptr(), name.as_char_ptr())
        })?;
        Ok(device)
    }

    /// Returns the device. It is initialised, and valid for as long as this value.
    pub fn as_raw(&self) -> *mut bindings::device {
        self.0.as_ptr()
    }
}

impl Drop for FreeDevice {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::put_device(self.as_raw()) };
    }
}

/// Returns the device below which a node of `bound` is in sysfs: its parent if `below_parent`, and
/// if it has one. Valid while `bound` is bound.
pub(crate) fn above_node(bound: &Device<Bound>, below_parent: bool) -> *mut bindings::device {
    let bound = from_ref(bound).cast_mut().cast::<bindings::device>();
    // SAFETY: It is bound, so it stays below its parent.
    let parent = unsafe { (*bound).parent };
    match below_parent && !parent.is_null() {
        true => parent,
        false => bound,
    }
}
