// SPDX-License-Identifier: GPL-2.0
// UNSAFE: declares unsafe constructors, for the adapters and the registrations.

//! The time from probe to unbind, as a type.
//!
//! A driver's `probe` is given a [`Binding`]. It [shares](Binding::share) the data that all its
//! callbacks reach, and registers things through the binding. The binding owns them: they end at
//! unbind in the reverse order, and likewise when `probe` fails half way. The driver gets no
//! handle that it could leak, or keep past its device. That is why the constructors are safe, where
//! those of the kernel crate ask their caller for a promise.
//!
//! `'bound` is exact: a driver is generic over it, and [`Binding`] is invariant in it, so no
//! shorter lifetime, such as that of a local variable, passes for it.

#[cfg(CONFIG_AUXILIARY_BUS)]
pub mod auxiliary;
mod bus;
mod dma;
mod ending;
pub mod pci;
pub mod platform;
mod shared;

pub use crate::ffi::device::FreeDevice;
pub(crate) use crate::gate::protocol::Role;
pub(crate) use ending::Ending;
pub(crate) use shared::DeviceData;
pub use shared::Shared;

use crate::{
    ffi::with_files,
    gate::protocol, //
};
use core::{marker::PhantomData, ops::Deref, ptr::NonNull};
use kernel::{
    device::{Bound, Device, DeviceContext},
    prelude::*,
    sync::Arc,
    types::ForLt, //
};

/// A binding of a driver to a device, while it is being made.
pub struct Binding<'bound> {
    device: &'bound Device<Bound>,
    attached: Attachments,
    _invariant: Invariant<'bound>,
}

/// Makes a type invariant in `'bound`.
pub(crate) type Invariant<'bound> = PhantomData<fn(&'bound ()) -> &'bound ()>;

impl<'bound> Binding<'bound> {
    /// For the adapter of a bus, or of a subsystem that binds devices in its own way.
    ///
    /// # Safety
    ///
    /// The attachments are dropped before `'bound` ends and before `device` is unbound, and the
    /// code that is given the binding is generic over `'bound`.
    pub unsafe fn new(device: &'bound Device<Bound>) -> Self {
        Self {
            device,
            attached: Attachments(KVec::new()),
            _invariant: PhantomData,
        }
    }

    /// What the driver has registered: to be dropped at unbind.
    pub fn into_attachments(self) -> Attachments {
        self.attached
    }

    /// The device.
    pub fn device(&self) -> &'bound Device<Bound> {
        self.device
    }

    /// Errors: `EINVAL` where `device` is another one.
    fn check<C: DeviceContext>(&self, device: &Device<C>) -> Result {
        match core::ptr::addr_eq(device, self.device) {
            true => Ok(()),
            false => Err(EINVAL),
        }
    }

    /// Makes the data that file operations, interrupts, work and all other callbacks of this
    /// binding share. It may borrow from the bound device, and is dropped at unbind after
    /// everything that was registered with it has ended.
    ///
    /// What this returns stands for the data in registrations; it gives no access to it. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, and those of `init`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn probe<'bound>(
    /// #     binding: &mut Binding<'bound>,
    /// #     bar: pci::Bar<'bound, { regs::END }>,
    /// #     vector: IrqRequest<'bound>,
    /// # ) -> Result {
    /// let edu = binding.share(Edu::new(bar))?;
    /// irq::register::<Interrupt>(binding, vector, irq::Flags::TRIGGER_NONE, c"edu", edu)?;
    /// work::register(binding, work::Queue::system(), edu, |edu| &edu.feed)?;
    /// miscdevice_sync::register::<EduFile>(binding, Options::new(c"edu0"), edu)
    /// # }
    /// ```
    pub fn share<F>(
        &mut self,
        init: impl PinInit<F::Of<'bound>, Error>,
    ) -> Result<Shared<'bound, F>>
    where
        F: ForLt + 'static,
        F::Of<'bound>: Send + Sync,
    {
        // SAFETY: The binding owns it, and lasts for `'bound`.
        let data = self.attach(unsafe { DeviceData::new(self.device, init) })?;
        // SAFETY: It is attached to this binding.
        Ok(unsafe { Shared::new(data) })
    }

    /// Makes a value and keeps it until unbind. It is dropped in its turn, as what is registered
    /// is: after all that comes later. No node of the binding is left then, also none that came
    /// earlier. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, and those of `init`.
    pub fn keep<V: Send + Sync + 'static>(&mut self, init: impl PinInit<V, Error>) -> Result {
        self.attach(Kept::new(init)).map(drop)
    }

    /// As [`Self::keep`], for a registration. What this returns is there until the registration
    /// is dropped.
    pub(crate) fn attach<V: Attachment>(
        &mut self,
        init: impl PinInit<V, Error>,
    ) -> Result<NonNull<V>> {
        crate::ffi::attach_step()?;
        let attached = &mut self.attached.0;
        // Before the registration is live, so that nothing can fail after it.
        attached.reserve(1, GFP_KERNEL)?;
        let attachment = Arc::pin_init(init, GFP_KERNEL)?;
        let address = NonNull::from(attachment.deref());
        attached.push(Some(attachment), GFP_KERNEL)?;
        Ok(address)
    }
}

/// What a binding can own.
pub(crate) trait Attachment: Send + Sync + 'static {
    /// How it ends.
    fn role(&self) -> Role {
        Role::Callback
    }

    /// Unbind has begun, and nothing has ended yet: waits inside are to end.
    fn unbind_begins(&self) {}

    /// Of a [`Role::Node`]: cuts its files off. A second time, it does nothing.
    fn close(&self) {}

    /// Of a [`Role::Callback`] whose end waits for starts of it: has nobody start it any more, and
    /// says `true`.
    fn refuse(&self) -> bool {
        false
    }
}

/// What a driver wants kept.
#[pin_data]
struct Kept<V> {
    #[pin]
    value: V,
}

impl<V> Kept<V> {
    fn new(init: impl PinInit<V, Error>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self { value <- init })
    }
}

impl<V: Send + Sync + 'static> Attachment for Kept<V> {
    fn role(&self) -> Role {
        Role::Data
    }
}

/// What a binding owns. Dropping it ends all, in the reverse order, but that nodes stay until
/// nothing is left that uses the device.
pub struct Attachments(KVec<Option<Owned>>);

/// One registration, which stays where it is in memory. This is the only reference: a pinned
/// `KBox` cannot be made into one of a trait object yet.
type Owned = Arc<dyn Attachment>;

impl protocol::Part for Owned {
    fn role(&self) -> Role {
        self.deref().role()
    }

    fn close(&self) {
        self.deref().close();
    }

    fn refuse(&self) -> bool {
        self.deref().refuse()
    }
}

impl Drop for Attachments {
    fn drop(&mut self) {
        // A task that exits may take a device along, such as a uinput device.
        with_files(|| {
            for attached in self.0.iter().rev().flatten() {
                attached.unbind_begins();
            }
            protocol::end(&mut self.0);
        });
    }
}
