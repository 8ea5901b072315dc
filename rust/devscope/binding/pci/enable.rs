// SPDX-License-Identifier: GPL-2.0
// UNSAFE: turns a PCI device on and off.

//! Memory and bus mastering of a PCI device, which are enabled until unbind.
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

/// Enables the memory of `pdev`, the device of `binding`. May sleep.
///
/// Devres disables the device after unbind, when all registrations and mappings have ended, also a
/// [`DevresLt`](crate::revocable::devres::DevresLt) that was created after this. So the next probe
/// enables the device again, even if another user, such as vfio, has disabled it in between. A
/// disabled device cannot master the bus. It still responds to accesses, as with a C driver: unbind
/// does not change the memory map of the machine.
///
/// # Errors
///
/// - `EINVAL`: `pdev` is not the device of `binding`.
/// - `ENOMEM`, and other errors of `pci_enable_device_mem()`.
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
    // On failure, this drops `enabled`.
    devres::register::<_, Error>(binding.device(), Ok(enabled), GFP_KERNEL)
}

/// An enabled device. Devres drops it with the device locked. Drivers that enable a device hold
/// this lock, too.
struct Enabled {
    pdev: ARef<Device>,
}

impl Drop for Enabled {
    fn drop(&mut self) {
        // SAFETY: It is a valid device, and this owns one count of its enable count.
        unsafe { bindings::pci_disable_device(raw(&self.pdev)) };
    }
}

/// Enables bus mastering of `pdev`, the device of `binding`, until unbind: the device may do DMA
/// and send message-signalled interrupts. May sleep.
///
/// Unbind disables bus mastering after all later registrations have ended, and before the earlier
/// ones end. So call this after the memory for DMA has been shared: then the device cannot access
/// this memory when it is freed.
///
/// # Errors
///
/// - `EINVAL`: `pdev` is not the device of `binding`.
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

/// A device with bus mastering enabled.
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
