// SPDX-License-Identifier: GPL-2.0
// UNSAFE: turns a PCI device on and off.

//! What a driver turns on of its device, until unbind: memory and bus mastering.
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

/// Has `pdev`, the device of `binding`, answer to accesses to its memory. May sleep.
///
/// The device is disabled after unbind, when what was registered and mapped has ended, also a
/// [`DevresLt`](crate::revocable::devres::DevresLt) that was made after this. So the next probe
/// turns on what somebody else, such as vfio, has turned off in between. A device that nobody has
/// enabled has no bus. It still answers, as after a C driver: to stop that would change the memory
/// map of the whole machine at each unbind, and nobody is better off.
///
/// # Errors
///
/// - `EINVAL`: it is another device, which is not this driver's to turn off.
/// - `ENOMEM`, and others of `pci_enable_device_mem()`.
///
/// # Examples
///
/// ```
/// # fn probe<'bound>(
/// #     pdev: &'bound pci::Device<Core<'_>>,
/// #     binding: &mut Binding<'bound>,
/// # ) -> Result<pci::Bar<'bound>> {
/// pci::enable_device_mem(binding, pdev)?;
/// let bar = pdev.iomap_region_sized(0, c"edu")?;
/// # Ok(bar) }
/// ```
pub fn enable_device_mem(binding: &mut Binding<'_>, pdev: &Device<Core<'_>>) -> Result {
    binding.check(pdev.as_ref())?;
    // SAFETY: It is a valid device.
    to_result(unsafe { bindings::pci_enable_device_mem(raw(pdev)) })?;
    let enabled = Enabled { pdev: pdev.into() };
    // Where this fails, it is dropped.
    devres::register::<_, Error>(binding.device(), Ok(enabled), GFP_KERNEL)
}

/// A device that is enabled. Dropped by devres, which has the device locked, as whoever enables one
/// has.
struct Enabled {
    pdev: ARef<Device>,
}

impl Drop for Enabled {
    fn drop(&mut self) {
        // SAFETY: It is a valid device, which is enabled once more than without this.
        unsafe { bindings::pci_disable_device(raw(&self.pdev)) };
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
/// ```
/// # fn probe<'bound>(
/// #     pdev: &'bound pci::Device<Core<'_>>,
/// #     binding: &mut Binding<'bound>,
/// #     bar: pci::Bar<'bound, { regs::END }>,
/// # ) -> Result {
/// let edu = binding.share(Edu::new(bar))?; // with the memory that the device writes to
/// pci::set_master(binding, pdev)?;
/// action::register::<Quieten>(binding, edu)?;
/// # Ok(()) }
/// ```
pub fn set_master(binding: &mut Binding<'_>, pdev: &Device<Core<'_>>) -> Result {
    binding.check(pdev.as_ref())?;
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
