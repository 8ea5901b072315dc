// SPDX-License-Identifier: GPL-2.0
// UNSAFE: vouches for the layout of an id.

//! Platform device ids, which the kernel crate does not have.
//!
//! C header: [`include/linux/mod_devicetable.h`](srctree/include/linux/mod_devicetable.h)

use core::mem::offset_of;
use kernel::{
    bindings,
    device_id::{RawDeviceId, RawDeviceIdIndex},
    prelude::*, //
};

/// The name of the platform devices that a driver supports.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct DeviceId(bindings::platform_device_id);

impl DeviceId {
    /// Creates an id for devices of this name. A name that is too long does not compile.
    pub const fn new(name: &'static CStr) -> Self {
        let name = name.to_bytes_with_nul();
        let mut id: bindings::platform_device_id = pin_init::zeroed();
        let mut i = 0;
        while i < name.len() {
            id.name[i] = name[i];
            i += 1;
        }
        Self(id)
    }
}

// SAFETY: A transparent wrapper.
unsafe impl RawDeviceId for DeviceId {
    type RawType = bindings::platform_device_id;
}

// SAFETY: The offset is that of the field, which is of the size of a pointer.
unsafe impl RawDeviceIdIndex for DeviceId {
    const DRIVER_DATA_OFFSET: usize = offset_of!(bindings::platform_device_id, driver_data);
}

/// Declares a table of [`DeviceId`]s and the module aliases for it.
#[macro_export]
macro_rules! platform_device_table {
    ($($tt:tt)*) => {
        ::kernel::module_device_table!("platform", $crate::binding::platform::DeviceId, $($tt)*);
    };
}
