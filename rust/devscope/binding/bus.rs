// SPDX-License-Identifier: GPL-2.0
// UNSAFE: hands a binding to the driver core, and gets it back.

//! The common part of the adapters of all buses.

use super::{Attachments, Binding};
use kernel::{
    bindings,
    device::Device,
    prelude::*,
    types::ForeignOwnable, //
};

/// Binds a device: runs the driver's probe and stores its registrations with the driver core.
/// Returns the result of the bus's probe.
///
/// # Safety
///
/// Called by the bus's probe of `dev`, with a `probe` that is generic over `'bound`. [`unbind`] is
/// called by the bus's remove.
pub(super) unsafe fn bind<'bound>(
    dev: *mut bindings::device,
    probe: impl FnOnce(&mut Binding<'bound>) -> Result,
) -> c_int {
    // SAFETY:
    // - The caller is the bus's probe of `dev`: the device counts as bound from here on, and
    //   `'bound` lasts until it is unbound. `probe` is generic over it.
    // - The attachments are dropped here if probe fails, and by `unbind` otherwise.
    let mut binding = unsafe { Binding::new(Device::from_raw(dev)) };
    let bound =
        probe(&mut binding).and_then(|()| Ok(KBox::new(binding.into_attachments(), GFP_KERNEL)?));
    match bound {
        Ok(attached) => {
            // SAFETY: A driver that binds a device owns its private data.
            unsafe { bindings::dev_set_drvdata(dev, attached.into_foreign().cast()) };
            0
        }
        Err(error) => error.to_errno(),
    }
}

/// Ends all registrations in the reverse order.
///
/// # Safety
///
/// Called by the bus's remove of `dev`, after [`bind`] returned 0.
pub(super) unsafe fn unbind(dev: *mut bindings::device) {
    // SAFETY: `bind` has returned 0, so it has stored the box, and the bus unbinds `dev` once. The
    // driver core finds nothing to drop after this.
    let attached = unsafe {
        let attached = bindings::dev_get_drvdata(dev);
        bindings::dev_set_drvdata(dev, core::ptr::null_mut());
        KBox::<Attachments>::from_foreign(attached.cast())
    };
    drop(attached);
}
