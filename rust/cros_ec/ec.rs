// SPDX-License-Identifier: GPL-2.0
// UNSAFE: follows the pointers that the C driver keeps.

//! The controller.

use crate::{bindings, Command, Memory, Notification};
use core::ptr::NonNull;
use devscope::prelude::*;
use kernel::{
    bindings::{dev_get_drvdata, device, platform_bus_type, platform_device},
    error::to_result,
    prelude::*, //
};

/// The driver that creates the cells.
const MAKER: &CStr = c"cros-ec-dev";

/// The controller of a cell, or a chip behind the controller.
///
/// The cell is bound for `'bound`. Its parent driver, and the bus driver of the controller, remove
/// the cell before they are unbound from their own device. So both are bound, too.
///
/// # Invariants
///
/// `device` is valid for `'bound`.
#[derive(Clone, Copy)]
pub struct Ec<'bound> {
    device: NonNull<bindings::cros_ec_device>,
    offset: u16,
    name: &'bound CStr,
}

// SAFETY: The functions of the C driver may be called by any thread; the fields that are read here
// do not change while a cell is bound.
unsafe impl Send for Ec<'_> {}
// SAFETY: The functions of the C driver may be called by any thread; the fields that are read here
// do not change while a cell is bound.
unsafe impl Sync for Ec<'_> {}

impl<'bound> Ec<'bound> {
    /// Returns the controller of the cell `pdev`.
    ///
    /// # Errors
    ///
    /// `ENODEV`: `pdev` is not such a cell. With `driver_override`, a driver can bind any platform
    /// device.
    pub fn of_cell(pdev: &'bound platform::Device<Bound>) -> Result<Self> {
        let pdev: *const platform_device = core::ptr::from_ref(pdev).cast();
        // SAFETY: `platform::Device` is a transparent wrapper, and the device is bound for
        // `'bound`. The driver that created it as a cell is that of its parent. This driver removes
        // the cell before it is unbound itself, and the removal waits until the cell is unbound. So
        // the parent's driver and data do not change.
        let (parent, entry) = unsafe {
            let parent = (*pdev).dev.parent;
            if (*pdev).mfd_cell.is_null() || !is_maker(parent) {
                return Err(ENODEV);
            }
            (
                parent,
                dev_get_drvdata(parent).cast::<bindings::cros_ec_dev>(),
            )
        };
        // SAFETY: This is the data of this driver's devices. The driver has set it before it
        // created the cell, and does not change it. Names are static.
        unsafe {
            let data = (*parent).platform_data.cast::<bindings::cros_ec_platform>();
            // INVARIANT: The bus driver owns this device, and unbinds the parent first.
            Ok(Self {
                device: NonNull::new((*entry).ec_dev).ok_or(ENODEV)?,
                offset: (*entry).cmd_offset,
                name: CStr::from_char_ptr((*data).ec_name),
            })
        }
    }

    /// Returns the name of the controller: `cros_ec`, `cros_pd`, ...
    #[inline]
    pub fn name(&self) -> &'bound CStr {
        self.name
    }

    /// Sends a command to the controller, or to the chip behind it, and waits for the response. The
    /// response is stored in `command`, with the result of the controller, which may be an error.
    /// Returns the size of the response, in bytes. For a chip behind the controller, this also
    /// changes the command number in the header.
    ///
    /// May sleep: for earlier commands, and up to the timeout of the bus, which is about a second.
    ///
    /// # Errors
    ///
    /// - `EMSGSIZE`: the request is too large for the controller, or the response is larger than
    ///   `insize`.
    /// - `EBADMSG`, `EIO`, `EAGAIN`, `EPROTO` and others: there was no valid response.
    #[inline]
    pub fn transfer(&self, command: &mut Command) -> Result<usize> {
        command.forward(self.offset);
        // SAFETY: By the type invariants of this type and of `Command`.
        let received =
            unsafe { bindings::cros_ec_cmd_xfer(self.device.as_ptr(), command.as_raw()) };
        to_result(received)?;
        // CAST: Not negative.
        Ok(received as usize)
    }

    /// As [`Self::transfer`], but an error result of the controller is an error, too.
    ///
    /// # Errors
    ///
    /// As for [`Self::transfer`], and one for each error result: `EOPNOTSUPP` for an unknown
    /// command, `ENOPROTOOPT` for an unknown version, `EINVAL`, `EACCES`, `EBUSY`, `ETIMEDOUT`,
    /// `EOVERFLOW` and others according to their names.
    #[inline]
    pub fn request(&self, command: &mut Command) -> Result<usize> {
        command.forward(self.offset);
        // SAFETY: By the type invariants of this type and of `Command`.
        let received =
            unsafe { bindings::cros_ec_cmd_xfer_status(self.device.as_ptr(), command.as_raw()) };
        to_result(received)?;
        // CAST: Not negative.
        Ok(received as usize)
    }

    /// Returns the controller's memory, if the bus maps it.
    #[inline]
    pub fn memory(&self) -> Option<Memory<'bound>> {
        // SAFETY: By the type invariant; it is set before the controller is registered.
        let read = unsafe { (*self.device.as_ptr()).cmd_readmem }?;
        // SAFETY: By the type invariant, for `'bound`; `read` is of this device.
        Some(unsafe { Memory::new(self.device, read) })
    }

    /// Returns the chain that is called for each event. Its action tells whether the event was
    /// queued during suspend. Handlers run in the task that fetches events, so the next event is
    /// fetched after they return.
    pub fn events(&self) -> &'bound notifier::Chain<Notification> {
        // SAFETY: By the type invariant, it is valid for `'bound`. The C drivers pass the address
        // of the `struct cros_ec_device`, of which `Notification` is a transparent wrapper.
        unsafe {
            notifier::Chain::from_raw((&raw mut (*self.device.as_ptr()).event_notifier).cast())
        }
    }
}

/// Returns whether `parent` is bound to the driver that creates cells.
///
/// # Safety
///
/// `parent` is null, or a device that stays bound.
unsafe fn is_maker(parent: *const device) -> bool {
    // SAFETY: `parent` is accessed only if it is not null. The caller keeps it bound, so its driver
    // does not change, and the name of a driver is a C string.
    unsafe {
        !parent.is_null()
            && core::ptr::eq((*parent).bus, &raw const platform_bus_type)
            && !(*parent).driver.is_null()
            && CStr::from_char_ptr((*(*parent).driver).name) == MAKER
    }
}
