// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of a PCI driver.

//! PCI drivers: the kernel crate's [`pci`](kernel::pci), with a [`Driver`] whose probe is given a
//! [`Binding`].
//!
//! C header: [`include/linux/pci.h`](srctree/include/linux/pci.h)

use super::{Attachments, Binding};
use core::{marker::PhantomData, mem::offset_of};
use kernel::{
    bindings,
    device::Core,
    driver::{DriverLayout, RegistrationOps},
    error::to_result,
    prelude::*,
    types::{ForeignOwnable, Opaque}, //
};

pub use crate::ffi::pci::device_id;
pub use kernel::pci::*;

/// A PCI driver.
///
/// # Examples
///
/// See `samples/edu`.
pub trait Driver {
    /// What an entry of the table tells about its device.
    type IdInfo: 'static;

    /// The devices that it drives.
    const ID_TABLE: IdTable<Self::IdInfo>;

    /// Sets a device up and registers what user space sees of it. May sleep.
    ///
    /// There is no `remove`: what was registered ends by itself at unbind, in the reverse order,
    /// and then the data that was given to it is dropped, with the device still powered.
    ///
    /// # Errors
    ///
    /// Any. What was registered before is undone.
    fn probe<'bound>(
        pdev: &'bound Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        info: Option<&'bound Self::IdInfo>,
    ) -> Result;
}

/// Makes a [`Driver`] into one that the PCI core can call.
///
/// It is no `kernel::pci::Driver`, whose probe any safe code can call, to forget what it returns.
pub struct Adapter<T>(PhantomData<T>);

// SAFETY:
// - `bindings::pci_driver` is `repr(C)` and embeds a `struct device_driver` at that offset.
// - The private data is that of `probe`: `Attachments`, in a box.
unsafe impl<T: Driver> DriverLayout for Adapter<T> {
    type DriverType = bindings::pci_driver;
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
        // SAFETY: The driver is not registered yet, so nobody else uses it; by the safety
        // requirement it stays where it is while it is registered.
        to_result(unsafe {
            (*driver).name = name.as_char_ptr();
            (*driver).probe = Some(Self::probe);
            (*driver).remove = Some(Self::remove);
            (*driver).id_table = T::ID_TABLE.as_ptr();
            bindings::__pci_register_driver(driver, module.as_ptr(), name.as_char_ptr())
        })
    }

    unsafe fn unregister(driver: &Opaque<Self::DriverType>) {
        // SAFETY: By the safety requirement, it is registered.
        unsafe { bindings::pci_unregister_driver(driver.get()) };
    }
}

impl<T: Driver> Adapter<T> {
    /// # Safety
    ///
    /// Called by the PCI core to bind `pdev`, for an entry of the table or a dynamic one.
    unsafe extern "C" fn probe(
        pdev: *mut bindings::pci_dev,
        id: *const bindings::pci_device_id,
    ) -> c_int {
        // SAFETY: By the safety requirement. `pci::Device` is a transparent wrapper, and a probe
        // is a context of the driver core.
        let device = unsafe { &*pdev.cast::<Device<Core<'_>>>() };
        // SAFETY: The data of an entry is the address of an `IdInfo`, that of a dynamic one may be
        // 0; the table is static.
        let info = unsafe { ((*id).driver_data as *const T::IdInfo).as_ref() };
        // SAFETY: `T::probe` is generic over the lifetime. The attachments are dropped here where
        // it fails, and by `remove` otherwise.
        let mut binding = unsafe { Binding::new(device.as_ref()) };
        let bound = T::probe(device, &mut binding, info)
            .and_then(|()| Ok(KBox::new(binding.attached, GFP_KERNEL)?));
        match bound {
            Ok(attached) => {
                // SAFETY: A driver that binds a device owns its private data.
                unsafe {
                    bindings::dev_set_drvdata(&raw mut (*pdev).dev, attached.into_foreign().cast());
                }
                0
            }
            Err(error) => error.to_errno(),
        }
    }

    /// # Safety
    ///
    /// Called by the PCI core to unbind `pdev`, after [`Self::probe`] returned 0.
    unsafe extern "C" fn remove(pdev: *mut bindings::pci_dev) {
        // SAFETY: By the safety requirement, `probe` has put the box there. The driver core finds
        // nothing left to drop after this.
        let attached = unsafe {
            let dev = &raw mut (*pdev).dev;
            let attached = bindings::dev_get_drvdata(dev);
            bindings::dev_set_drvdata(dev, core::ptr::null_mut());
            KBox::<Attachments>::from_foreign(attached.cast())
        };
        drop(attached);
    }
}

/// Declares a module that is one PCI [`Driver`].
#[macro_export]
macro_rules! module_pci_driver {
    ($($f:tt)*) => {
        ::kernel::module_driver!(<T>, $crate::binding::pci::Adapter<T>, { $($f)* });
    };
}
