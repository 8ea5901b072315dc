// SPDX-License-Identifier: GPL-2.0
// UNSAFE: adds a platform device.

//! A platform driver and its only device, for a driver without hardware.

use super::{Adapter, Driver};
use core::ptr::NonNull;
use kernel::{
    bindings,
    driver::Registration,
    error::to_result,
    prelude::*, //
};

/// A platform driver with a device of its own name, as `platform_create_bundle()` creates one: for
/// a device that is all software, and still has `bind` and `unbind` in sysfs. See
/// [`module_platform_bundle!`](crate::module_platform_bundle).
#[doc(hidden)]
#[pin_data]
pub struct Bundle<T: Driver + 'static> {
    // Dropped before the driver.
    _device: Added,
    #[pin]
    _driver: Registration<Adapter<T>>,
}

impl<T: Driver + 'static> Bundle<T> {
    /// Registers the driver and adds the device. If probe succeeds, the device is bound before this
    /// returns. May sleep.
    ///
    /// # Errors
    ///
    /// - `EEXIST`, `EBUSY`: a driver or a device of this name exists already.
    /// - `ENOMEM`.
    pub fn new(name: &'static CStr, module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _driver <- Registration::new(name, module),
            _device: Added::new(name)?,
        })
    }
}

/// A device without resources. Dropping this removes the device.
///
/// # Invariants
///
/// The device is added.
struct Added(NonNull<bindings::platform_device>);

// SAFETY: A device may be removed by any thread.
unsafe impl Send for Added {}
// SAFETY: There are no operations on a shared reference.
unsafe impl Sync for Added {}

impl Added {
    fn new(name: &CStr) -> Result<Self> {
        // SAFETY: A C string, which is copied.
        let device = unsafe {
            bindings::platform_device_alloc(name.as_char_ptr(), bindings::PLATFORM_DEVID_NONE)
        };
        let device = NonNull::new(device).ok_or(ENOMEM)?;
        // SAFETY: Just allocated.
        let added = to_result(unsafe { bindings::platform_device_add(device.as_ptr()) });
        if let Err(error) = added {
            // SAFETY: The device was not added, so this drops the only reference.
            unsafe { bindings::platform_device_put(device.as_ptr()) };
            return Err(error);
        }
        // INVARIANT: Just added.
        Ok(Self(device))
    }
}

impl Drop for Added {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::platform_device_unregister(self.0.as_ptr()) };
    }
}

/// Declares a module with one platform [`Driver`] and its only device. Both have the name of the
/// module.
///
/// # Examples
///
/// See `samples/loopchan`.
#[macro_export]
macro_rules! module_platform_bundle {
    (type: $type:ty, $($f:tt)*) => {
        #[::kernel::prelude::pin_data]
        struct DriverModule {
            #[pin]
            _bundle: $crate::binding::platform::Bundle<$type>,
        }

        impl ::kernel::InPlaceModule for DriverModule {
            fn init(
                module: &'static ::kernel::ThisModule,
            ) -> impl ::pin_init::PinInit<Self, ::kernel::error::Error> {
                ::kernel::try_pin_init!(Self {
                    _bundle <- $crate::binding::platform::Bundle::new(
                        <Self as ::kernel::ModuleMetadata>::NAME,
                        module,
                    ),
                })
            }
        }

        ::kernel::prelude::module! {
            type: DriverModule,
            $($f)*
        }
    };
}
