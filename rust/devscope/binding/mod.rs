// SPDX-License-Identifier: GPL-2.0
// UNSAFE: declares unsafe constructors, for the adapters and the registrations.

//! The time from probe to unbind, as a type.
//!
//! A driver's `probe` gets a [`Binding`]. It [shares](Binding::share) the data that all callbacks
//! of the driver reach, and registers the callbacks through the binding. The binding owns the
//! registrations and ends them in the reverse order, at unbind or when `probe` fails half way. The
//! driver gets no handle that it could leak, or keep for longer than its device. So the
//! constructors are safe functions, where those of the kernel crate are unsafe.
//!
//! `'bound` is exact: a driver is generic over it, and [`Binding`] is invariant in it, so no
//! shorter lifetime, such as that of a local variable, can replace it.

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

/// The binding of a driver to a device, during probe.
pub struct Binding<'bound> {
    device: &'bound Device<Bound>,
    attached: Attachments,
    _invariant: Invariant<'bound>,
}

/// Makes a type invariant in `'bound`.
pub(crate) type Invariant<'bound> = PhantomData<fn(&'bound ()) -> &'bound ()>;

impl<'bound> Binding<'bound> {
    /// Creates a binding, for the adapter of a bus, or of a subsystem that binds devices in its own
    /// way.
    ///
    /// # Safety
    ///
    /// The attachments are dropped before `'bound` ends and before `device` is unbound, and the
    /// code that gets the binding is generic over `'bound`.
    pub unsafe fn new(device: &'bound Device<Bound>) -> Self {
        Self {
            device,
            attached: Attachments(KVec::new()),
            _invariant: PhantomData,
        }
    }

    /// Returns the registrations of the driver. The caller drops them at unbind.
    pub fn into_attachments(self) -> Attachments {
        self.attached
    }

    /// The device.
    pub fn device(&self) -> &'bound Device<Bound> {
        self.device
    }

    /// Errors: `EINVAL` if `device` is not the device of the binding.
    fn check<C: DeviceContext>(&self, device: &Device<C>) -> Result {
        match core::ptr::addr_eq(device, self.device) {
            true => Ok(()),
            false => Err(EINVAL),
        }
    }

    /// Creates the data that file operations, interrupts, work and all other callbacks of this
    /// binding share. It may borrow from the bound device. Unbind drops it after everything that
    /// was registered with it has ended.
    ///
    /// Returns a token that stands for the data in registrations, and gives no access to it. May
    /// sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, and the errors of `init`.
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

    /// Creates a value and keeps it until unbind. Unbind drops it after all later registrations
    /// have ended, and after all nodes of the binding are removed, also earlier ones. May sleep.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, and the errors of `init`.
    pub fn keep<V: Send + Sync + 'static>(&mut self, init: impl PinInit<V, Error>) -> Result {
        self.attach(Kept::new(init)).map(drop)
    }

    /// As [`Self::keep`], for a registration. The pointer is valid until the registration is
    /// dropped.
    pub(crate) fn attach<V: Attachment>(
        &mut self,
        init: impl PinInit<V, Error>,
    ) -> Result<NonNull<V>> {
        crate::ffi::attach_step()?;
        let attached = &mut self.attached.0;
        // Reserve before the registration is live: nothing can fail after that.
        attached.reserve(1, GFP_KERNEL)?;
        let attachment = Arc::pin_init(init, GFP_KERNEL)?;
        let address = NonNull::from(attachment.deref());
        attached.push(Some(attachment), GFP_KERNEL)?;
        Ok(address)
    }
}

/// A registration that a binding can own.
pub(crate) trait Attachment: Send + Sync + 'static {
    /// How the registration ends.
    fn role(&self) -> Role {
        Role::Callback
    }

    /// Unbind has begun, and nothing has ended yet: ends waits inside.
    fn unbind_begins(&self) {}

    /// For a [`Role::Node`]: closes its files. A second call does nothing.
    fn close(&self) {}

    /// For a [`Role::Callback`] whose end waits for its starts: refuses further starts, and returns
    /// `true`.
    fn refuse(&self) -> bool {
        false
    }
}

/// A value that a driver keeps until unbind.
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

/// The registrations of a binding. Dropping it ends them in the reverse order, except that nodes
/// are removed when nothing is left that uses the device.
pub struct Attachments(KVec<Option<Owned>>);

/// One pinned registration. This is the only reference: a pinned `KBox` cannot be converted to one
/// of a trait object yet.
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
        // The exit of a task may unbind a device, such as a uinput device.
        with_files(|| {
            for attached in self.0.iter().rev().flatten() {
                attached.unbind_begins();
            }
            protocol::end(&mut self.0);
        });
    }
}
