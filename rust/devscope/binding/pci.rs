// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of a PCI driver.

//! PCI drivers: the kernel crate's [`pci`](kernel::pci), with a [`Driver`] whose probe gets a
//! [`Binding`].
//!
//! C header: [`include/linux/pci.h`](srctree/include/linux/pci.h)

mod enable;

use super::{bus, Attachment, Attachments, Binding, Invariant, Role};
use core::{marker::PhantomData, mem::offset_of, ptr::NonNull};
use kernel::{
    bindings,
    device::{Bound, Core},
    driver::{DriverLayout, RegistrationOps},
    error::to_result,
    irq::IrqRequest,
    prelude::*,
    types::Opaque, //
};

pub use crate::ffi::pci::device_id;
pub use enable::{enable_device_mem, set_master};
pub use kernel::pci::*;

/// A PCI driver.
///
/// # Examples
///
/// See `samples/edu`.
pub trait Driver {
    /// The data that an entry of the table has for its device.
    type IdInfo: 'static;

    /// The devices that the driver supports.
    const ID_TABLE: IdTable<Self::IdInfo>;

    /// Sets up a device and registers its interface to user space. May sleep.
    ///
    /// There is no `remove`: the binding ends all registrations in the reverse order at unbind, and
    /// then drops the shared data. The device is still powered at that time.
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

/// The functions of a [`Driver`] that the PCI core calls.
///
/// It does not implement `kernel::pci::Driver`: safe code could call its probe and forget the
/// result.
#[doc(hidden)]
pub struct Adapter<T>(PhantomData<T>);

// SAFETY:
// - `bindings::pci_driver` is `repr(C)` and embeds a `struct device_driver` at that offset.
// - The private data is that of `bus::bind`: `Attachments`, in a box.
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
        // SAFETY: The driver is not registered yet, so no other code uses it. The caller does not
        // move it until it has called `unregister`.
        to_result(unsafe {
            (*driver).name = name.as_char_ptr();
            (*driver).probe = Some(Self::probe);
            (*driver).remove = Some(Self::remove);
            (*driver).id_table = T::ID_TABLE.as_ptr();
            bindings::__pci_register_driver(driver, module.as_ptr(), name.as_char_ptr())
        })
    }

    unsafe fn unregister(driver: &Opaque<Self::DriverType>) {
        // SAFETY: The caller unregisters what `register` has registered.
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
        // SAFETY: The PCI core passes the device that it is binding. `pci::Device` is a transparent
        // wrapper, and a probe is a context of the driver core.
        let device = unsafe { &*pdev.cast::<Device<Core<'_>>>() };
        // SAFETY: The data of an entry is the address of an `IdInfo`, that of a dynamic one may be
        // 0; the table is static.
        let info = unsafe { ((*id).driver_data as *const T::IdInfo).as_ref() };
        // SAFETY: This is the bus's probe; `T::probe` is generic over the lifetime.
        unsafe {
            bus::bind(&raw mut (*pdev).dev, |binding| {
                T::probe(device, binding, info)
            })
        }
    }

    /// # Safety
    ///
    /// Called by the PCI core to unbind `pdev`, after [`Self::probe`] returned 0.
    unsafe extern "C" fn remove(pdev: *mut bindings::pci_dev) {
        // SAFETY: This is the PCI core's remove of `pdev`, after `probe` has returned 0, as `bind`
        // did.
        unsafe { bus::unbind(&raw mut (*pdev).dev) };
    }
}

/// Allocates `min` to `max` interrupt vectors of `pdev`, the device of `binding`, until unbind. May
/// sleep.
///
/// # Errors
///
/// - `EINVAL`: `pdev` is not the device of `binding`.
/// - `EBUSY`: the device has message-signalled interrupts already. A device can have one allocation
///   only.
/// - `ENOSPC`: fewer than `min` vectors are available.
/// - `ENOMEM`, and other errors of `pci_alloc_irq_vectors()`.
///
/// # Examples
///
/// ```
/// # fn probe<'bound>(
/// #     pdev: &'bound pci::Device<Core<'_>>,
/// #     binding: &mut Binding<'bound>,
/// #     edu: Shared<'bound, CovariantForLt!(Edu<'_>)>,
/// # ) -> Result {
/// let msi = pci::IrqTypes::default().with(pci::IrqType::Msi);
/// let vectors = pci::alloc_irq_vectors(binding, pdev, 1, 1, msi)?;
/// let vector = vectors.index(binding, 0)?;
/// irq::register::<Interrupt>(binding, vector, irq::Flags::TRIGGER_NONE, c"edu", edu)?;
/// # Ok(()) }
/// ```
pub fn alloc_irq_vectors<'bound>(
    binding: &mut Binding<'bound>,
    pdev: &'bound Device<Bound>,
    min: u32,
    max: u32,
    types: IrqTypes,
) -> Result<IrqVectors<'bound>> {
    binding.check(pdev.as_ref())?;
    let raw: *const bindings::pci_dev = core::ptr::from_ref(pdev).cast();
    // SAFETY: `pci::Device` is a transparent wrapper, and these change in probe and remove only.
    let enabled = unsafe {
        bindings::pci_dev::msi_enabled_raw(raw) | bindings::pci_dev::msix_enabled_raw(raw)
    };
    // The C function prints a stack trace in some cases; and freeing the second allocation would
    // free the vectors of the first.
    if enabled != 0 {
        return Err(EBUSY);
    }
    let vectors = pdev.alloc_irq_vectors(min, max, types)?;
    // SAFETY: The binding drops it while the device is bound. Lifetimes do not change a type's
    // layout.
    let vectors: IrqVectorRegistration<'static> = unsafe { core::mem::transmute(vectors) };
    let vectors = binding.attach(Ok(OwnedVectors(vectors)))?;
    // INVARIANT: It is attached to this binding.
    Ok(IrqVectors {
        vectors,
        _invariant: PhantomData,
    })
}

/// Interrupt vectors that a binding owns.
///
/// # Invariants
///
/// `vectors` is owned by the binding of `'bound`.
pub struct IrqVectors<'bound> {
    vectors: NonNull<OwnedVectors>,
    _invariant: Invariant<'bound>,
}

impl<'bound> IrqVectors<'bound> {
    /// Returns the vector at `index`, for the registration of a handler.
    ///
    /// # Errors
    ///
    /// `EINVAL`: `index` is past the last vector.
    pub fn index(&self, _binding: &Binding<'bound>, index: usize) -> Result<IrqRequest<'bound>> {
        // SAFETY: By the type invariant; a binding that can be named has not ended.
        let OwnedVectors(vectors) = unsafe { self.vectors.as_ref() };
        Ok(vectors.index(index)?.into())
    }
}

struct OwnedVectors(IrqVectorRegistration<'static>);

impl Attachment for OwnedVectors {
    /// The removal of their files in `/proc/irq` waits for readers.
    fn role(&self) -> Role {
        Role::Exposed
    }
}

/// Declares a module with one PCI [`Driver`].
#[macro_export]
macro_rules! module_pci_driver {
    ($($f:tt)*) => {
        ::kernel::module_driver!(<T>, $crate::binding::pci::Adapter<T>, { $($f)* });
    };
}
