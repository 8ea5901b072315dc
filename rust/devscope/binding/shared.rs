// SPDX-License-Identifier: GPL-2.0
// UNSAFE: stands for the data of a binding, in registrations.

//! The data that everything shares that is registered with a binding.

use super::{Attachment, Ending, Invariant, Role};
use core::{marker::PhantomData, ptr::NonNull};
use kernel::{
    device::{Bound, Device},
    prelude::*,
    types::{CovariantForLt, ForLt}, //
};

/// The data of a binding, with its device. A reference to it is the proof that the device is bound
/// and the data initialised.
///
/// # Invariants
///
/// `device` is bound until this is dropped.
#[pin_data]
pub(crate) struct DeviceData<F: ForLt + 'static> {
    device: NonNull<Device<Bound>>,
    #[pin]
    ending: Ending,
    /// `'static` stands for the time that the binding lasts.
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
        // SAFETY: Lifetimes do not change a type's layout. The caller has the value dropped before
        // `'bound` ends, and nobody sees the data with more than the lifetime of a borrow.
        let data = unsafe { pin_init::cast_pin_init::<F::Of<'bound>, F::Of<'static>, Error>(data) };
        // INVARIANT: The caller has the value dropped before `device` is unbound.
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

    /// A part of the data.
    pub(crate) fn part<I>(&self, part: impl for<'a, 'b> FnOnce(&'a F::Of<'b>) -> &'a I) -> &I {
        part(&self.data)
    }

    #[inline(always)]
    pub(crate) fn with_data<R>(&self, f: impl for<'a, 'b> FnOnce(&'a F::Of<'b>) -> R) -> R {
        // The lifetime of the borrow is another than that of the data, so that `f` cannot store a
        // reference to the data in the data: its drop would meet it. `f` works for every lifetime,
        // so it can carry nothing of `'static` away.
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

/// Stands for the data of a binding where something is registered that reaches it. Made by
/// [`Binding::share`](super::Binding::share).
///
/// It gives no access by itself: data that was made earlier and is dropped later could come to
/// hold it.
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

    /// For a registration that another crate makes: it cannot name the lifetime in what the binding
    /// keeps.
    ///
    /// # Safety
    ///
    /// The value is used only by what the same binding keeps and is made after this one, until that
    /// is dropped.
    pub unsafe fn unbounded(self) -> Shared<'static, F> {
        // INVARIANT: The binding owns the data. `'static` stands for its lifetime: the caller uses
        // the value only in what the same binding keeps, which is dropped before the data.
        Shared {
            data: self.data,
            _invariant: PhantomData,
        }
    }

    /// The data's address. What is attached to the same binding after this value was made may use
    /// it until it is dropped.
    pub(crate) fn as_ptr(self) -> NonNull<DeviceData<F>> {
        self.data
    }

    /// An item that is a part of the data.
    ///
    /// # Safety
    ///
    /// As for [`Self::as_ptr`].
    pub(crate) unsafe fn project<I: 'static>(
        self,
        item: impl for<'a, 'b> FnOnce(&'a F::Of<'b>) -> &'a I,
    ) -> &'static I {
        // SAFETY: By the type invariant, it is there. The closure works for every lifetime, so what
        // it returns is there as long as the data is.
        unsafe {
            let item = NonNull::from(self.data.as_ref().part(item));
            &*item.as_ptr()
        }
    }
}
