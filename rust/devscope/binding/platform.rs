// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of a platform driver.

//! Platform drivers: the kernel crate's [`platform`](kernel::platform), with a [`Driver`] whose
//! probe gets a [`Binding`], and a table of names, for the cells of multi-function devices.
//!
//! C header: [`include/linux/platform_device.h`](srctree/include/linux/platform_device.h)

use super::{bus, Attachments, Binding};
use core::{marker::PhantomData, mem::offset_of, ptr::null};
use kernel::{
    acpi,
    bindings,
    device::Core,
    driver::{self, DriverLayout, RegistrationOps},
    error::to_result,
    of,
    prelude::*,
    types::Opaque, //
};

mod bundle;
mod id;

pub use bundle::Bundle;
pub use id::DeviceId;
pub use kernel::platform::*;

/// A table of names.
pub type IdTable<T> = &'static dyn kernel::device_id::IdTable<DeviceId, T>;

/// A platform driver. Without a table, it matches devices of its own name.
///
/// # Examples
///
/// See `drivers/platform/chrome/cros_ec_chardev`.
pub trait Driver {
    /// The data that an entry of a table has for its device.
    type IdInfo: 'static;

    /// The devices that the driver supports, by name.
    const ID_TABLE: Option<IdTable<Self::IdInfo>> = None;

    /// The devices that the driver supports, by the `compatible` of their device tree node.
    const OF_ID_TABLE: Option<of::IdTable<Self::IdInfo>> = None;

    /// The devices that the driver supports, by ACPI id.
    const ACPI_ID_TABLE: Option<acpi::IdTable<Self::IdInfo>> = None;

    /// As [`pci::Driver::probe`](super::pci::Driver::probe). `info` is `None` for a device that is
    /// in no table: with `driver_override`, a driver can bind any platform device.
    ///
    /// # Errors
    ///
    /// Any. The binding then ends what was registered before.
    fn probe<'bound>(
        pdev: &'bound Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        info: Option<&'bound Self::IdInfo>,
    ) -> Result;
}

/// The functions of a [`Driver`] that the platform bus calls.
#[doc(hidden)]
pub struct Adapter<T>(PhantomData<T>);

// SAFETY:
// - `bindings::platform_driver` is `repr(C)` and embeds a `struct device_driver` at that offset.
// - The private data is that of `bus::bind`: `Attachments`, in a box.
unsafe impl<T: Driver> DriverLayout for Adapter<T> {
    type DriverType = bindings::platform_driver;
    type DriverData<'bound> = Attachments;
    const DEVICE_DRIVER_OFFSET: usize = offset_of!(Self::DriverType, driver);
}

// SAFETY: `unregister` undoes `register`, and is valid after it succeeded.
unsafe impl<T: Driver> RegistrationOps for Adapter<T> {
    unsafe fn register(
        driver: &Opaque<Self::DriverType>,
        name: &'static CStr,
        module: &'static ThisModule,
    ) -> Result {
        let driver = driver.get();
        // SAFETY: The driver is not registered yet, so no other code uses it. The caller does not
        // move it until it has called `unregister`.
        to_result(unsafe {
            (*driver).driver.name = name.as_char_ptr();
            (*driver).probe = Some(Self::probe);
            (*driver).remove = Some(Self::remove);
            (*driver).id_table = T::ID_TABLE.map_or(null(), |table| table.as_ptr());
            (*driver).driver.of_match_table = T::OF_ID_TABLE.map_or(null(), |table| table.as_ptr());
            (*driver).driver.acpi_match_table =
                T::ACPI_ID_TABLE.map_or(null(), |table| table.as_ptr());
            bindings::__platform_driver_register(driver, module.as_ptr(), name.as_char_ptr())
        })
    }

    unsafe fn unregister(driver: &Opaque<Self::DriverType>) {
        // SAFETY: The caller unregisters what `register` has registered.
        unsafe { bindings::platform_driver_unregister(driver.get()) };
    }
}

impl<T: Driver> driver::Adapter for Adapter<T> {
    type IdInfo = T::IdInfo;

    fn acpi_id_table() -> Option<acpi::IdTable<Self::IdInfo>> {
        T::ACPI_ID_TABLE
    }

    fn of_id_table() -> Option<of::IdTable<Self::IdInfo>> {
        T::OF_ID_TABLE
    }
}

impl<T: Driver> Adapter<T> {
    /// # Safety
    ///
    /// Called by the platform bus to bind `pdev`.
    unsafe extern "C" fn probe(pdev: *mut bindings::platform_device) -> c_int {
        // SAFETY: The bus passes the device that it is binding. `platform::Device` is a transparent
        // wrapper, and a probe is a context of the driver core.
        let device = unsafe { &*pdev.cast::<Device<Core<'_>>>() };
        // SAFETY: The driver of `pdev` is this one, and its tables are of `IdInfo`. The name of a
        // device does not change.
        let info = unsafe {
            <Self as driver::Adapter>::id_info(device.as_ref())
                .or_else(|| Self::named(CStr::from_char_ptr((*pdev).name)))
        };
        // SAFETY: This is the bus's probe; `T::probe` is generic over the lifetime.
        unsafe {
            bus::bind(&raw mut (*pdev).dev, |binding| {
                T::probe(device, binding, info)
            })
        }
    }

    /// Returns the data of the entry for `name` in the table of names. The device's `id_entry` may
    /// point into the table of another driver: of a previous one that is gone, or of one that is
    /// being loaded.
    fn named(name: &CStr) -> Option<&'static T::IdInfo> {
        let mut id = T::ID_TABLE?.as_ptr();
        // SAFETY: The table is static, and ends with an entry without a name. The data of an entry
        // is the address of an `IdInfo`.
        unsafe {
            while (*id).name[0] != 0 {
                if CStr::from_char_ptr((*id).name.as_ptr()) == name {
                    return ((*id).driver_data as *const T::IdInfo).as_ref();
                }
                id = id.add(1);
            }
        }
        None
    }

    /// # Safety
    ///
    /// Called by the platform bus to unbind `pdev`, after [`Self::probe`] returned 0.
    unsafe extern "C" fn remove(pdev: *mut bindings::platform_device) {
        // SAFETY: This is the bus's remove of `pdev`, after `probe` has returned 0, as `bind` did.
        unsafe { bus::unbind(&raw mut (*pdev).dev) };
    }
}

/// Declares a module with one platform [`Driver`], which has the name of the module.
#[macro_export]
macro_rules! module_platform_driver {
    ($($f:tt)*) => {
        ::kernel::module_driver!(<T>, $crate::binding::platform::Adapter<T>, { $($f)* });
    };
}
