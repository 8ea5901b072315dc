// SPDX-License-Identifier: GPL-2.0
// UNSAFE: the C side of an auxiliary driver; lends data to one.

//! Auxiliary devices, by which several drivers in different modules share a device.
//!
//! The driver of the hardware, the parent, [registers](register()) an auxiliary device with its
//! shared data. The driver of the auxiliary device, the child, gets a reference to this data from
//! [`parent_data`] and keeps it in its own shared data. It accesses the parent's registers like its
//! own, without a lock or a check.
//!
//! # Why this is sound
//!
//! - *The child ends first.* The parent's binding owns the auxiliary device, and removes it before
//!   it drops the data. `device_del()` unbinds the child, and waits until the child's binding has
//!   dropped all it owns, the child's data last. If only the child is unbound, this happens
//!   earlier.
//! - *The child cannot keep the reference.* The reference has the child's `'bound`, which is
//!   shorter than the parent's. So the child cannot store it in a static, an open file, or anything
//!   else that outlives the child's binding.
//! - *The parent cannot store a reference to the child's data.* [`parent_data`] is for covariant
//!   types only: such a type has no lock or cell around the lifetime, so nothing with the child's
//!   `'bound` can be stored through the reference. For other types there is [`with_parent_data`],
//!   whose closure is generic over both lifetimes.
//! - *The type is the right one.* The kernel crate compares its `TypeId`.
//!
//! C header: [`include/linux/auxiliary_bus.h`](srctree/include/linux/auxiliary_bus.h)

use super::{bus, Attachment, Attachments, Binding, DeviceData, Role, Shared};
use core::{marker::PhantomData, mem::offset_of};
use kernel::{
    auxiliary::Registration,
    bindings,
    device::{Bound, Core},
    device_id::RawDeviceIdIndex,
    driver::{DriverLayout, RegistrationOps},
    error::to_result,
    prelude::*,
    types::{CovariantForLt, ForLt, Opaque}, //
};

pub use kernel::auxiliary::{Device, DeviceId, IdTable};

/// Registers the auxiliary device `modname.name.id`, a child of the binding's device, whose driver
/// may use `data`. May sleep. If the driver is loaded, it is bound before this returns.
///
/// `modname` is the name of the parent's module, and `id` differs between devices of one name. The
/// child may be bound and unbound at any time while the parent is bound; the parent is not
/// notified.
///
/// # Errors
///
/// - `EEXIST`: a device of this name exists already. The driver core prints a stack trace.
/// - `ENOMEM`.
///
/// # Examples
///
/// ```
/// # use mydriver::{Regs, RegsData};
/// # fn probe<'b>(binding: &mut Binding<'b>, bar: pci::Bar<'b>, index: &Index) -> Result {
/// let regs = binding.share::<RegsData>(Ok(Regs { bar }))?;
/// auxiliary::register(binding, c"mydriver", c"gpio", index.number(), regs)?;
/// # Ok(()) }
/// ```
pub fn register<'bound, F: ForLt + 'static>(
    binding: &mut Binding<'bound>,
    modname: &'static CStr,
    name: &'static CStr,
    id: u32,
    data: Shared<'bound, F>,
) -> Result {
    let parent = binding.device();
    binding
        .attach(try_init!(Child {
            // SAFETY: The binding owns it, and drops it before the data, while the device is bound.
            registration: unsafe {
                let (parent, data) = (&*core::ptr::from_ref(parent), data.as_ptr().as_ref());
                Registration::new_with_lt(parent, name, id, modname, Ok::<_, Error>(data))?
            },
        }))
        .map(drop)
}

/// A registered auxiliary device. `'static` stands for the lifetime of the data.
struct Child<F: ForLt + 'static> {
    registration: Registration<'static, Lent<F>>,
}

impl<F: ForLt + 'static> Attachment for Child<F> {
    /// The removal of the device waits for its driver's nodes.
    fn role(&self) -> Role {
        Role::Exposed
    }
}

/// The kernel crate keeps a reference to the data with the device. It has a private type, so that
/// only this room can get it.
struct Lent<F>(PhantomData<F>);

impl<F: ForLt + 'static> ForLt for Lent<F> {
    type Of<'a> = &'a DeviceData<F>;
}

// SAFETY: A shared reference is covariant in its lifetime, which is not in `DeviceData<F>`.
unsafe impl<F: ForLt + 'static> CovariantForLt for Lent<F> {}

fn lent<F: ForLt + 'static>(adev: &Device<Bound>) -> Result<&DeviceData<F>> {
    Ok(*adev.registration_data::<Lent<F>>()?)
}

/// Returns the data with which the parent registered `adev`. In any context.
///
/// `F` has to be the type with which the parent shared its data: define an alias for it in the
/// parent's crate. To access a [`Devres`](crate::revocable::devres::Devres) of the parent, use its
/// device, [`adev.parent()`](Device::parent).
///
/// # Errors
///
/// - `EINVAL`: the data is of another type, or the parent's driver does not use this crate.
/// - `ENOENT`: there is no data, since the parent's driver is in C.
///
/// # Examples
///
/// ```
/// struct Gpio<'bound> {
///     parent: &'bound mydriver::Regs<'bound>,
/// }
///
/// # fn probe<'bound>(
/// #     adev: &'bound auxiliary::Device<Core<'_>>,
/// #     binding: &mut Binding<'bound>,
/// # ) -> Result {
/// let parent = auxiliary::parent_data::<mydriver::RegsData>(adev)?; // CovariantForLt!(Regs<'_>)
/// let gpio = binding.share::<CovariantForLt!(Gpio<'_>)>(Ok(Gpio { parent }))?;
/// # Ok(()) }
/// ```
pub fn parent_data<F>(adev: &Device<Bound>) -> Result<&F::Of<'_>>
where
    F: CovariantForLt + 'static,
{
    Ok(lent::<F>(adev)?.data())
}

/// As [`parent_data`], for a type that is not covariant in its lifetime, such as one with a lock
/// around a borrowed resource.
///
/// # Errors
///
/// As for [`parent_data`].
pub fn with_parent_data<F: ForLt + 'static, R>(
    adev: &Device<Bound>,
    f: impl for<'a, 'b> FnOnce(&'a F::Of<'b>) -> R,
) -> Result<R> {
    Ok(lent::<F>(adev)?.with_data(f))
}

/// An auxiliary driver.
///
/// # Examples
///
/// See `tests/kmod/testchild`.
pub trait Driver {
    /// The data that an entry of the table has for its device.
    type IdInfo: 'static;

    /// The devices that the driver supports.
    const ID_TABLE: IdTable<Self::IdInfo>;

    /// As [`pci::Driver::probe`](super::pci::Driver::probe). The parent stays bound until all
    /// registrations of this binding have ended; its own probe may still be running.
    ///
    /// # Errors
    ///
    /// Any. The binding then ends what was registered before.
    fn probe<'bound>(
        adev: &'bound Device<Core<'_>>,
        binding: &mut Binding<'bound>,
        info: &'bound Self::IdInfo,
    ) -> Result;
}

/// The functions of a [`Driver`] that the auxiliary bus calls.
#[doc(hidden)]
pub struct Adapter<T>(PhantomData<T>);

// SAFETY:
// - `bindings::auxiliary_driver` is `repr(C)` and embeds a `struct device_driver` at that offset.
// - The private data is that of `bus::bind`: `Attachments`, in a box.
unsafe impl<T: Driver> DriverLayout for Adapter<T> {
    type DriverType = bindings::auxiliary_driver;
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
        // The bus names the driver after the module, if it has no name of its own.
        //
        // SAFETY: The driver is not registered yet, so no other code uses it. The caller does not
        // move it until it has called `unregister`.
        to_result(unsafe {
            (*driver).probe = Some(Self::probe);
            (*driver).remove = Some(Self::remove);
            (*driver).id_table = T::ID_TABLE.as_ptr();
            bindings::__auxiliary_driver_register(driver, module.as_ptr(), name.as_char_ptr())
        })
    }

    unsafe fn unregister(driver: &Opaque<Self::DriverType>) {
        // SAFETY: The caller unregisters what `register` has registered.
        unsafe { bindings::auxiliary_driver_unregister(driver.get()) };
    }
}

impl<T: Driver> Adapter<T> {
    /// # Safety
    ///
    /// Called by the auxiliary bus to bind `adev`, for an entry of the table.
    unsafe extern "C" fn probe(
        adev: *mut bindings::auxiliary_device,
        id: *const bindings::auxiliary_device_id,
    ) -> c_int {
        // SAFETY:
        // - The bus passes the device that it is binding. `auxiliary::Device` is a transparent
        //   wrapper, and a probe is a context of the driver core.
        // - It passes the entry of the driver's table that matches. `DeviceId` is a transparent
        //   wrapper, and the table is of `IdInfo`.
        let (device, info) = unsafe {
            let device = &*adev.cast::<Device<Core<'_>>>();
            (device, (*id.cast::<DeviceId>()).info_unchecked())
        };
        // SAFETY: This is the bus's probe; `T::probe` is generic over the lifetime.
        unsafe {
            bus::bind(&raw mut (*adev).dev, |binding| {
                T::probe(device, binding, info)
            })
        }
    }

    /// # Safety
    ///
    /// Called by the auxiliary bus to unbind `adev`, after [`Self::probe`] returned 0.
    unsafe extern "C" fn remove(adev: *mut bindings::auxiliary_device) {
        // SAFETY: This is the bus's remove of `adev`, after `probe` has returned 0, as `bind` did.
        unsafe { bus::unbind(&raw mut (*adev).dev) };
    }
}

/// Declares a module with one auxiliary [`Driver`].
#[macro_export]
macro_rules! module_auxiliary_driver {
    ($($f:tt)*) => {
        ::kernel::module_driver!(<T>, $crate::binding::auxiliary::Adapter<T>, { $($f)* });
    };
}
