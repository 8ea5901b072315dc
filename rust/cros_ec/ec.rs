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

/// The driver that makes cells.
const MAKER: &CStr = c"cros-ec-dev";

/// A controller, or a chip behind one, as a cell of it sees it.
///
/// The cell is bound for `'bound`. The driver that made the cell, and the one of the bus to the
/// controller below that, take it away before they let go of their own device. So both are bound as
/// well.
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

// SAFETY: The functions of the C driver may be called by any thread; what is read here does not
// change while a cell is bound.
unsafe impl Send for Ec<'_> {}
// SAFETY: The functions of the C driver may be called by any thread; what is read here does not
// change while a cell is bound.
unsafe impl Sync for Ec<'_> {}

impl<'bound> Ec<'bound> {
    /// The controller that `pdev` is a cell of.
    ///
    /// # Errors
    ///
    /// `ENODEV`: it is no such cell. `driver_override` lets a driver bind any platform device.
    pub fn of_cell(pdev: &'bound platform::Device<Bound>) -> Result<Self> {
        let pdev: *const platform_device = core::ptr::from_ref(pdev).cast();
        // SAFETY: `platform::Device` is a transparent wrapper, and the device is bound for
        // `'bound`. The driver that made it as a cell is its parent, and removes it, which waits
        // until it is not bound, before it is unbound itself. So the parent's driver and data are
        // as they are.
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
        // SAFETY: That is the data of this driver's devices: what it has set before it made the
        // cell, and leaves as it is. Names are static.
        unsafe {
            let data = (*parent).platform_data.cast::<bindings::cros_ec_platform>();
            // INVARIANT: The driver of the bus has this device, and unbinds the parent first.
            Ok(Self {
                device: NonNull::new((*entry).ec_dev).ok_or(ENODEV)?,
                offset: (*entry).cmd_offset,
                name: CStr::from_char_ptr((*data).ec_name),
            })
        }
    }

    /// What the controller is called: `cros_ec`, `cros_pd`, ...
    #[inline]
    pub fn name(&self) -> &'bound CStr {
        self.name
    }

    /// Sends a command to the controller, or past it to the chip behind it, and waits for the
    /// answer. That is in `command` then; its result is the controller's, which may have refused.
    /// Returns how many bytes the controller answered. The number of the command in the header is
    /// from then on the one that the chip has on the bus.
    ///
    /// May sleep: for what was sent before, and until the bus gives up, about a second.
    ///
    /// # Errors
    ///
    /// - `EMSGSIZE`: the request is larger than the controller takes, or the answer than what was
    ///   asked for.
    /// - `EBADMSG`, `EIO`, `EAGAIN`, `EPROTO` and others: there was no answer to be understood.
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

    /// As [`Self::transfer`], where a refusal of the controller is an error as well.
    ///
    /// # Errors
    ///
    /// As there, and one for each result that is not success: `EOPNOTSUPP` for a command that the
    /// controller does not know, `ENOPROTOOPT` for such a version, `EINVAL`, `EACCES`, `EBUSY`,
    /// `ETIMEDOUT`, `EOVERFLOW` and others as their names say.
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

    /// The controller's memory, where the bus maps it.
    #[inline]
    pub fn memory(&self) -> Option<Memory<'bound>> {
        // SAFETY: By the type invariant; it is set before the controller is registered.
        let read = unsafe { (*self.device.as_ptr()).cmd_readmem }?;
        // SAFETY: By the type invariant, for `'bound`; `read` is of this device.
        Some(unsafe { Memory::new(self.device, read) })
    }

    /// The chain that is told of each event. Its action is whether the event was queued while the
    /// machine slept. Handlers run in the task that fetches events, so the next one is not fetched
    /// before they return.
    pub fn events(&self) -> &'bound notifier::Chain<Notification> {
        // SAFETY: By the type invariant, it is there for `'bound`. The C drivers pass the address
        // of the `struct cros_ec_device`, which `Notification` is a transparent wrapper of.
        unsafe {
            notifier::Chain::from_raw((&raw mut (*self.device.as_ptr()).event_notifier).cast())
        }
    }
}

/// Whether `parent` is bound to the driver that makes cells.
///
/// # Safety
///
/// `parent` is null, or a device that stays bound.
unsafe fn is_maker(parent: *const device) -> bool {
    // SAFETY: `parent` is looked at only where it is not null. The caller keeps it bound, so its
    // driver does not change, and the name of a driver is a C string.
    unsafe {
        !parent.is_null()
            && core::ptr::eq((*parent).bus, &raw const platform_bus_type)
            && !(*parent).driver.is_null()
            && CStr::from_char_ptr((*(*parent).driver).name) == MAKER
    }
}
