// SPDX-License-Identifier: GPL-2.0
// UNSAFE: makes a binding.

//! PCI drivers: the kernel crate's [`pci`](kernel::pci), with a [`Driver`] whose probe is given a
//! [`Binding`].

use super::{Attachments, Binding};
use core::marker::PhantomData;
use kernel::{device::Core, prelude::*};

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
    /// and then the data that was given to it is dropped.
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

/// Makes a [`Driver`] into a driver of the kernel crate.
pub struct Adapter<T>(PhantomData<T>);

impl<T: Driver> kernel::pci::Driver for Adapter<T> {
    type IdInfo = T::IdInfo;
    type Data<'bound> = Attachments;

    const ID_TABLE: IdTable<Self::IdInfo> = T::ID_TABLE;

    fn probe<'bound>(
        pdev: &'bound Device<Core<'_>>,
        info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Self::Data<'bound>, Error> + 'bound {
        // SAFETY: `T::probe` is generic over `'bound`. The attachments become the driver's private
        // data, which the driver core drops before the device is unbound, or are dropped here.
        let mut binding = unsafe { Binding::new(pdev.as_ref()) };
        T::probe(pdev, &mut binding, info).map(|()| binding.attached)
    }
}

/// Declares a module that is one PCI [`Driver`].
#[macro_export]
macro_rules! module_pci_driver {
    ($($f:tt)*) => {
        ::kernel::module_driver!(
            <T>, ::kernel::pci::Adapter<$crate::binding::pci::Adapter<T>>, { $($f)* }
        );
    };
}
