// SPDX-License-Identifier: GPL-2.0
// UNSAFE: reaches a value with no check, where its device is known to be bound.

//! Values that are revoked when their device is unbound, and may be used across a sleep.
//!
//! | the caller                       | how                    | what is checked              |
//! |----------------------------------|------------------------|------------------------------|
//! | data that lives with the binding | [`BoundDevres`]           | nothing                      |
//! | code that has `&Device<Bound>`   | [`Devres::access`]     | which device, which binding  |
//! | other code                       | [`Devres::try_access`] | as for a [`Revocable`]       |
//!
//! Devres drops the value: after the bus's `remove`, in the reverse order of creation, and also
//! when `probe` fails. It waits for guards, so a guard that is held holds up unbind.
//!
//! C header: [`include/linux/device/devres.h`](srctree/include/linux/device/devres.h)

pub use super::mapping::{DevresGuard, DevresLt};

use super::{Access, Revocable, RevocableGuard};
use crate::{binding::Binding, ffi::with_files, scope::MaySleep};
use core::{marker::PhantomData, ops::Deref};
use kernel::{
    device::{Bound, Device},
    devres,
    prelude::*,
    sync::{aref::ARef, Arc}, //
};

/// A handle to a value that lives until its device is unbound. Any code may clone it and keep it
/// for any time. Dropping the last handle does not drop the value.
///
/// # Examples
///
/// ```
/// # fn f(binding: &Binding<'_>, dev: &Device<Bound>) -> Result {
/// let port = Devres::new(binding, Port::new())?;
/// let later = port.clone();                         // for code that no scope covers
/// port.access(dev)?.reset();                        // bound: no check but that of the device
/// unscoped(|context| later.try_access(context).ok_or(ENODEV)?.flush_and_sleep())?;
/// # Ok(()) }
/// ```
///
/// # Invariants
///
/// Only devres of `device` revokes `value`, once handles exist.
pub struct Devres<T: Send + Sync + 'static> {
    device: ARef<Device>,
    value: Arc<Revocable<T>>,
}

/// The entry that devres owns. Dropping it revokes the value.
struct Revoke<T: Send + Sync>(Arc<Revocable<T>>);

impl<T: Send + Sync> Drop for Revoke<T> {
    fn drop(&mut self) {
        with_files(|| {
            self.0.revoke();
        });
    }
}

impl<T: Send + Sync + 'static> Devres<T> {
    /// Creates a value that lives until the device of `binding` is unbound. May sleep.
    ///
    /// The caller has to be the driver of this device: the module of another driver, with the code
    /// that drops the value, may be gone by then.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, and the errors of `init`. On failure, the value is dropped.
    pub fn new<E>(binding: &Binding<'_>, init: impl PinInit<T, E>) -> Result<Self>
    where
        Error: From<E>,
    {
        let dev = binding.device();
        let value = Arc::pin_init::<Error>(Revocable::new(init), GFP_KERNEL)?;
        // INVARIANT: If this fails, the value is revoked, and there is no handle.
        devres::register::<_, Error>(dev, Ok(Revoke(value.clone())), GFP_KERNEL)?;
        let device: &Device = dev;
        Ok(Self {
            device: device.into(),
            value,
        })
    }

    /// Returns the device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Returns the value. `dev` proves that the device is bound: the value cannot be revoked, so
    /// this takes no lock and no reference. In any context.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `dev` is another device.
    /// - `ENODEV`: the device was unbound since the value was created, and bound again.
    #[inline]
    pub fn access<'a>(&'a self, dev: &'a Device<Bound>) -> Result<&'a T> {
        let dev: &Device = dev;
        if !core::ptr::eq::<Device>(&*self.device, dev) {
            return Err(EINVAL);
        }
        // A value of an earlier binding was revoked before this one began.
        if self.value.is_revoked() {
            return Err(ENODEV);
        }
        // SAFETY: So it is of this binding, which lasts for all of `'a`, as `dev` proves. By the
        // type invariant, only devres revokes it, after the end of the binding.
        Ok(unsafe { self.value.access() })
    }

    /// As [`Revocable::try_access`]. May sleep, and so may the holder of the guard.
    #[inline]
    #[track_caller]
    pub fn try_access<'g>(&'g self, context: &'g impl MaySleep) -> Option<RevocableGuard<'g, T>> {
        self.value.try_access(context)
    }
}

impl<T: Send + Sync + 'static> Clone for Devres<T> {
    fn clone(&self) -> Self {
        Self {
            device: self.device.clone(),
            value: self.value.clone(),
        }
    }
}

impl<T: Send + Sync + 'static> Access for Devres<T> {
    type Guard<'a> = RevocableGuard<'a, T>;

    #[inline]
    #[track_caller]
    fn try_access<'g>(&'g self, context: &'g impl MaySleep) -> Option<Self::Guard<'g>> {
        self.try_access(context)
    }
}

/// A value that is dropped after the binding has ended. The shared data of the binding accesses it
/// without a check.
///
/// No check is needed, since the type identifies the binding: `'bound` is exact and ends in the
/// bus's `remove`, and devres runs after that. The order of drops is no problem either: a reference
/// to the value is limited to `'bound`, and a value in devres is `'static`, so it cannot hold a
/// reference to one that is dropped before it.
///
/// It is covariant in `'bound`, so it may be a field of a `CovariantForLt!(Data<'_>)`.
///
/// # Examples
///
/// ```
/// struct Data<'bound> {
///     port: BoundDevres<'bound, Port>,
/// }
///
/// # fn probe<'bound>(binding: &mut Binding<'bound>) -> Result<Data<'bound>> {
/// let data = Data { port: BoundDevres::new(binding, Port::new())? };
/// let anywhere: Devres<Port> = data.port.handle();
/// # Ok(data) }
/// # fn f(scope: &AtomicScope<'_, CovariantForLt!(Data<'_>)>) {
/// // in a callback
/// scope.data().port.reset();
/// # }
/// ```
///
/// # Invariants
///
/// The device of `devres` is bound for `'bound`.
pub struct BoundDevres<'bound, T: Send + Sync + 'static> {
    devres: Devres<T>,
    _bound: PhantomData<&'bound Device<Bound>>,
}

impl<'bound, T: Send + Sync + 'static> BoundDevres<'bound, T> {
    /// Creates a value that lives until the device of `binding` is unbound. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, and those of `init`.
    pub fn new<E>(binding: &Binding<'bound>, init: impl PinInit<T, E>) -> Result<Self>
    where
        Error: From<E>,
    {
        // INVARIANT: The device of `binding` is bound for `'bound`.
        Ok(Self {
            devres: Devres::new(binding, init)?,
            _bound: PhantomData,
        })
    }

    /// Returns a handle for code that no scope covers.
    pub fn handle(&self) -> Devres<T> {
        self.devres.clone()
    }
}

impl<T: Send + Sync + 'static> Deref for BoundDevres<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: By the type invariants, only devres revokes it, after `'bound`; the caller has
        // `self`, so `'bound` has not ended.
        unsafe { self.devres.value.access() }
    }
}
