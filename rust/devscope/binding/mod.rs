// SPDX-License-Identifier: GPL-2.0
// UNSAFE: declares an unsafe constructor, for the adapters.

//! The time from probe to unbind, as a type.
//!
//! A driver's `probe` is given a [`Binding`], and registers things through it. The binding owns
//! them: they end at unbind in the reverse order, and likewise when `probe` fails half way. The
//! driver gets no handle, so it can neither leak one nor keep one past its device. That is why the
//! constructors are safe, where those of the kernel crate ask their caller for a promise.
//!
//! `'bound` is exact: a driver is generic over it, and [`Binding`] is invariant in it, so no
//! shorter lifetime, such as that of a local variable, passes for it.

pub mod pci;

use core::marker::PhantomData;
use kernel::{
    device::{Bound, Device},
    prelude::*,
    sync::Arc, //
};

/// A binding of a driver to a device, while it is being made.
pub struct Binding<'bound> {
    device: &'bound Device<Bound>,
    attached: Attachments,
    _exact: PhantomData<fn(&'bound ()) -> &'bound ()>,
}

impl<'bound> Binding<'bound> {
    /// For the adapter of a bus.
    ///
    /// # Safety
    ///
    /// The attachments are dropped before `'bound` ends and before `device` is unbound, and the
    /// code that is given the binding is generic over `'bound`.
    pub(crate) unsafe fn new(device: &'bound Device<Bound>) -> Self {
        Self {
            device,
            attached: Attachments(KVec::new()),
            _exact: PhantomData,
        }
    }

    /// The device.
    pub fn device(&self) -> &'bound Device<Bound> {
        self.device
    }

    /// Makes a value and keeps it until unbind. It is dropped in its turn: after what is
    /// registered later. So do the registrations of this crate.
    ///
    /// # Errors
    ///
    /// `ENOMEM`, and those of `init`.
    pub fn keep<V: Send + Sync + 'static>(&mut self, init: impl PinInit<V, Error>) -> Result {
        let attached = &mut self.attached.0;
        // Before the registration is live, so that nothing can fail after it.
        attached.reserve(1, GFP_KERNEL)?;
        attached.push(Arc::pin_init(init, GFP_KERNEL)?, GFP_KERNEL)?;
        Ok(())
    }
}

/// What a binding owns. Dropped in the reverse order.
pub struct Attachments(KVec<Attached>);

/// One registration, which stays where it is in memory. This is the only reference: a pinned
/// `KBox` cannot be made into one of a trait object yet.
type Attached = Arc<dyn Send + Sync>;

impl Drop for Attachments {
    fn drop(&mut self) {
        while let Some(last) = self.0.pop() {
            drop(last);
        }
    }
}
