// SPDX-License-Identifier: GPL-2.0
// UNSAFE: stands for the data of a binding, in registrations.

//! The data that all registrations of a binding share.

use super::{Attachment, Ending, Invariant, Role};
use core::{marker::PhantomData, ptr::NonNull};
use kernel::{
    device::{Bound, Device},
    prelude::*,
    types::{CovariantForLt, ForLt}, //
};

/// The data of a binding, with its device. A reference to it proves that the device is bound and
/// the data is initialised.
///
/// # Invariants
///
/// `device` is bound until this is dropped.
#[pin_data]
pub(crate) struct DeviceData<F: ForLt + 'static> {
    device: NonNull<Device<Bound>>,
    #[pin]
    ending: Ending,
    /// `'static` stands for the lifetime of the binding.
    #[pin]
    data: F::Of<'static>,
}

// SAFETY: `new` asks for data that is `Send` and `Sync`; a device may be used by any thread.
unsafe impl<F: ForLt + 'static> Send for DeviceData<F> {}
// SAFETY: `new` asks for data that is `Send` and `Sync`; a device may be used by any thread.
unsafe impl<F: ForLt + 'static> Sync for DeviceData<F> {}

impl<F: ForLt + 'static> DeviceData<F> {
    /// # Safety
    ///
    /// The value is dropped before `device` is unbound and before `'bound` ends.
    pub(crate) unsafe fn new<'bound, I>(
        device: &'bound Device<Bound>,
        data: I,
    ) -> impl PinInit<Self, Error> + use<'bound, F, I>
    where
        I: PinInit<F::Of<'bound>, Error>,
        F::Of<'bound>: Send + Sync,
    {
        // SAFETY: Lifetimes do not change a type's layout. The caller drops the value before
        // `'bound` ends, and no code gets the data with more than the lifetime of a borrow.
        let data = unsafe { pin_init::cast_pin_init::<F::Of<'bound>, F::Of<'static>, Error>(data) };
        // INVARIANT: The caller drops the value before `device` is unbound.
        try_pin_init!(Self {
            device: NonNull::from(device),
            ending <- Ending::new(),
            data <- data,
        })
    }

    #[inline(always)]
    pub(crate) fn device(&self) -> &Device<Bound> {
        // SAFETY: By the type invariant.
        unsafe { self.device.as_ref() }
    }

    pub(crate) fn ending(&self) -> &Ending {
        &self.ending
    }

    #[inline(always)]
    pub(crate) fn data(&self) -> &F::Of<'_>
    where
        F: CovariantForLt,
    {
        F::cast_ref(&self.data)
    }

    /// Returns a part of the data.
    pub(crate) fn part<I>(&self, part: impl for<'a, 'b> FnOnce(&'a F::Of<'b>) -> &'a I) -> &I {
        part(&self.data)
    }

    #[inline(always)]
    pub(crate) fn with_data<R>(&self, f: impl for<'a, 'b> FnOnce(&'a F::Of<'b>) -> R) -> R {
        // The borrow and the data have different lifetimes, so `f` cannot store a reference to the
        // data in the data, where the drop of the data would find it. `f` works for every lifetime,
        // so it cannot keep a reference as `'static`.
        f(&self.data)
    }
}

impl<F: ForLt + 'static> Attachment for DeviceData<F> {
    fn role(&self) -> Role {
        Role::Data
    }

    fn unbind_begins(&self) {
        self.ending.announce();
    }
}

/// Stands for the data of a binding in a registration. Created by
/// [`Binding::share`](super::Binding::share).
///
/// It gives no access to the data: otherwise data that was created earlier, and is dropped later,
/// could store a reference.
///
/// # Invariants
///
/// `data` is owned by the binding of `'bound`.
pub struct Shared<'bound, F: ForLt + 'static> {
    data: NonNull<DeviceData<F>>,
    _invariant: Invariant<'bound>,
}

impl<F: ForLt + 'static> Copy for Shared<'_, F> {}

impl<F: ForLt + 'static> Clone for Shared<'_, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F: ForLt + 'static> Shared<'_, F> {
    /// # Safety
    ///
    /// `data` is owned by the binding of the lifetime.
    pub(crate) unsafe fn new(data: NonNull<DeviceData<F>>) -> Self {
        // INVARIANT: The caller passes data that the binding of `'bound` owns.
        Self {
            data,
            _invariant: PhantomData,
        }
    }

    /// Removes the lifetime, for a registration in another crate: what the binding keeps cannot
    /// name it.
    ///
    /// # Safety
    ///
    /// Only registrations that the same binding keeps, and that are created after this one, use the
    /// value, until they are dropped.
    pub unsafe fn unbounded(self) -> Shared<'static, F> {
        // INVARIANT: The binding owns the data. `'static` stands for its lifetime: the caller uses
        // the value only in registrations of the same binding, which are dropped before the data.
        Shared {
            data: self.data,
            _invariant: PhantomData,
        }
    }

    /// Returns the address of the data. Registrations that are attached to the same binding after
    /// this value was created may use it until they are dropped.
    pub(crate) fn as_ptr(self) -> NonNull<DeviceData<F>> {
        self.data
    }

    /// Returns an item that is a part of the data.
    ///
    /// # Safety
    ///
    /// As for [`Self::as_ptr`].
    pub(crate) unsafe fn project<I: 'static>(
        self,
        item: impl for<'a, 'b> FnOnce(&'a F::Of<'b>) -> &'a I,
    ) -> &'static I {
        // SAFETY: By the type invariant, the data is valid. The closure works for every lifetime,
        // so its result is valid for as long as the data is.
        unsafe {
            let item = NonNull::from(self.data.as_ref().part(item));
            &*item.as_ptr()
        }
    }
}
