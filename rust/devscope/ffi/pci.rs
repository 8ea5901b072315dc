// SPDX-License-Identifier: GPL-2.0
// UNSAFE: makes a `pci::DeviceId` from its C form.

//! PCI device ids with vendors that are not in `pci_ids.h`.
//!
//! C header: [`include/linux/mod_devicetable.h`](srctree/include/linux/mod_devicetable.h)

use kernel::{bindings, pci::DeviceId};

/// `PCI_DEVICE(vendor, device)`, for a vendor that [`pci::Vendor`](kernel::pci::Vendor) does not
/// have.
pub const fn device_id(vendor: u16, device: u16) -> DeviceId {
    let raw = bindings::pci_device_id {
        // CAST: Both widen; `From` is not const.
        vendor: vendor as u32,
        device: device as u32,
        subvendor: !0,
        subdevice: !0,
        class: 0,
        class_mask: 0,
        driver_data: 0,
        override_only: 0,
    };
    // SAFETY: `DeviceId` is a transparent wrapper of it, without an invariant of its own.
    unsafe { core::mem::transmute::<bindings::pci_device_id, DeviceId>(raw) }
}
