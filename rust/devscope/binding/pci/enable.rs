// SPDX-License-Identifier: GPL-2.0
// UNSAFE: turns a PCI device on and off.

//! What a driver turns on of its device, and unbind turns off: memory and bus mastering.
//!
//! C header: [`include/linux/pci.h`](srctree/include/linux/pci.h)

use super::super::{Attachment, Binding};
use kernel::{
    bindings,
    device::Core,
    devres,
    error::to_result,
    pci::Device,
    prelude::*,
    sync::aref::ARef, //
};

/// `PCI_COMMAND`, and its bit for memory.
const COMMAND: c_int = 0x04;
const MEMORY: u16 = 0x2;

/// Has `pdev`, the device of `binding`, answer to accesses to its memory. May sleep.
///
/// It does until it is unbound, and what was registered and mapped has ended, also a
/// [`DevresLt`](crate::revocable::devres::DevresLt) that was made after this. Then the device is as
/// before, unless somebody else has enabled it.
///
/// # Errors
///
/// - `EINVAL`: it is another device, which is not this driver's to turn off.
/// - `ENOMEM`, and others of `pci_enable_device_mem()`.
///
/// # Examples
///
/// ```ignore
/// pci::enable_device_mem(binding, pdev)?;
/// let bar = pdev.iomap_region_sized(0, c"edu")?;
/// ```
pub fn enable_device_mem(binding: &mut Binding<'_>, pdev: &Device<Core<'_>>) -> Result {
    super::check(binding, pdev)?;
    let pdev: ARef<Device> = pdev.into();
    let enabled = Enabled::new(pdev)?;
    // Where this fails, it is dropped.
    devres::register::<_, Error>(binding.device(), Ok(enabled), GFP_KERNEL)
}

/// A device that is enabled. Dropped by devres, which has the device locked, as whoever enables one
/// has: so nobody else looks at the count, or changes the command register, at this time.
struct Enabled {
    pdev: ARef<Device>,
    /// Whether it has answered before.
    answered: bool,
}

impl Enabled {
    /// To be called in probe.
    fn new(pdev: ARef<Device>) -> Result<Self> {
        let answered = command(&pdev)? & MEMORY != 0;
        // SAFETY: It is a valid device.
        to_result(unsafe { bindings::pci_enable_device_mem(raw(&pdev)) })?;
        Ok(Self { pdev, answered })
    }
}

impl Drop for Enabled {
    fn drop(&mut self) {
        let pdev = raw(&self.pdev);
        // SAFETY: It is a valid device, which `new` has enabled.
        let users = unsafe {
            bindings::pci_disable_device(pdev);
            (*pdev).enable_cnt.counter
        };
        // C leaves it on. A device that is gone has nothing to turn off.
        if let (false, 0, Ok(command)) = (self.answered, users, command(&self.pdev)) {
            // SAFETY: As above.
            unsafe { bindings::pci_write_config_word(pdev, COMMAND, command & !MEMORY) };
        }
    }
}

/// Gives `pdev`, the device of `binding`, the bus, until unbind: it may do DMA and send
/// message-signalled interrupts. May sleep.
///
/// It loses the bus in its turn: after all that is registered later has ended, and before what was
/// registered earlier. So call it after the memory for DMA has been shared, and the device cannot
/// reach that when it is freed.
///
/// # Errors
///
/// - `EINVAL`: it is another device.
/// - `ENOMEM`.
///
/// # Examples
///
/// ```ignore
/// let edu = binding.share(try_pin_init!(Edu { buffer <- .., .. }))?;
/// pci::set_master(binding, pdev)?;
/// action::register::<Quieten>(binding, edu)?;
/// ```
pub fn set_master(binding: &mut Binding<'_>, pdev: &Device<Core<'_>>) -> Result {
    super::check(binding, pdev)?;
    binding
        .attach(try_init!(Master {
            pdev: {
                pdev.set_master();
                pdev.into()
            },
        }? Error))
        .map(drop)
}

/// A device that has the bus.
struct Master {
    pdev: ARef<Device>,
}

impl Attachment for Master {}

impl Drop for Master {
    fn drop(&mut self) {
        // SAFETY: It is a valid device.
        unsafe { bindings::pci_clear_master(raw(&self.pdev)) };
    }
}

fn raw(pdev: &Device) -> *mut bindings::pci_dev {
    // `pci::Device` is a transparent wrapper.
    core::ptr::from_ref(pdev).cast_mut().cast()
}

/// The command register. Errors: `ENODEV` where the device is gone.
fn command(pdev: &Device) -> Result<u16> {
    let mut word = 0;
    // SAFETY: It is a valid device.
    match unsafe { bindings::pci_read_config_word(raw(pdev), COMMAND, &mut word) } {
        0 => Ok(word),
        _ => Err(ENODEV),
    }
}
