// SPDX-License-Identifier: GPL-2.0
// UNSAFE: reaches a value with no check, where its device is known to be bound.

//! Values that are revoked when their device is unbound, and that may be used across a sleep.
//!
//! | the caller                       | how                    | what is checked              |
//! |----------------------------------|------------------------|------------------------------|
//! | data that lives with the binding | [`BoundDevres`]           | nothing                      |
//! | code that has `&Device<Bound>`   | [`Devres::access`]     | which device, which binding  |
//! | other code                       | [`Devres::try_access`] | as for a [`Revocable`]       |
//!
//! The value is dropped by devres: after the bus's `remove`, in the reverse order of creation, and
//! likewise when `probe` fails. It waits for guards, so one that is held holds unbind up.
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

/// A handle to a value that lives until its device is unbound. It may be cloned and kept by
/// anybody, for any time; dropping the last one does not drop the value, as its device still may be
/// asked for it.
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
/// `value` is revoked by nobody but devres of `device`, as long as handles are given out.
pub struct Devres<T: Send + Sync + 'static> {
    device: ARef<Device>,
    value: Arc<Revocable<T>>,
}

/// What devres owns: the promise to revoke.
struct Revoke<T: Send + Sync>(Arc<Revocable<T>>);

impl<T: Send + Sync> Drop for Revoke<T> {
    fn drop(&mut self) {
        with_files(|| {
            self.0.revoke();
        });
    }
}

impl<T: Send + Sync + 'static> Devres<T> {
    /// Makes a value that lives until the device of `binding` is unbound. May sleep.
    ///
    /// It is the driver of that device who says so: another one's module may be gone by then, and
    /// with it the code that drops the value.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, and those of `init`. The value is dropped then.
    pub fn new<E>(binding: &Binding<'_>, init: impl PinInit<T, E>) -> Result<Self>
    where
        Error: From<E>,
    {
        let dev = binding.device();
        let value = Arc::pin_init::<Error>(Revocable::new(init), GFP_KERNEL)?;
        // INVARIANT: Where this fails, the value is revoked, and no handle is given out.
        devres::register::<_, Error>(dev, Ok(Revoke(value.clone())), GFP_KERNEL)?;
        let device: &Device = dev;
        Ok(Self {
            device: device.into(),
            value,
        })
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The value, with the proof that its device is bound: it cannot be revoked now, so nothing is
    /// counted and nothing locked. In any context.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `dev` is another device.
    /// - `ENODEV`: the device was unbound since the value was made, and bound again.
    #[inline]
    pub fn access<'a>(&'a self, dev: &'a Device<Bound>) -> Result<&'a T> {
        let dev: &Device = dev;
        if !core::ptr::eq::<Device>(&*self.device, dev) {
            return Err(EINVAL);
        }
        // What is of an earlier binding was revoked before this one began.
        if self.value.is_revoked() {
            return Err(ENODEV);
        }
        // SAFETY: So it is of this binding, which `dev` says lasts for all of `'a`. By the type
        // invariant only devres revokes it, when the binding is over.
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

/// A value that lives longer than the binding it was made for: reached with no check, from the data
/// that lives with the binding.
///
/// This needs no comparison, since the type says which binding: `'bound` is exact, ends in the
/// bus's `remove`, and devres comes after that. Drop order is no trap either. A reference to the
/// value is no longer than `'bound`, and what devres drops is `'static`: no value in devres can
/// hold a reference to one that is dropped before it.
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
    /// Makes a value that lives until the device of `binding` is unbound. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, and those of `init`.
    pub fn new<E>(binding: &Binding<'bound>, init: impl PinInit<T, E>) -> Result<Self>
    where
        Error: From<E>,
    {
        // INVARIANT: So the binding says.
        Ok(Self {
            devres: Devres::new(binding, init)?,
            _bound: PhantomData,
        })
    }

    /// A handle for code that no scope covers.
    pub fn handle(&self) -> Devres<T> {
        self.devres.clone()
    }
}

impl<T: Send + Sync + 'static> Deref for BoundDevres<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: By the type invariants, devres alone revokes it, after `'bound`; the caller has
        // `self`, and so is in `'bound`.
        unsafe { self.devres.value.access() }
    }
}
