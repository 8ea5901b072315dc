// SPDX-License-Identifier: GPL-2.0
// UNSAFE: says that a device is bound.

//! Mappings that the kernel crate keeps in its own devres, such as that of a PCI BAR, in a form
//! that may be used across a sleep.

use super::{devres::Devres, Access, RevocableGuard};
use crate::{binding::Binding, scope::MaySleep};
use kernel::{
    device::{Bound, Device},
    devres,
    prelude::*,
    types::{CovariantForLt, ForLt}, //
};

/// The sleepable form of a [`kernel::devres::DevresLt`], such as a
/// [`pci::DevresBar`](kernel::pci::DevresBar), or of another mapping that the kernel crate creates.
///
/// It wraps that value. Devres releases it first, since it was created later, and waits for its
/// guards; so the wrapped value is not revoked while a guard is held.
///
/// # Examples
///
/// ```
/// # fn probe(pdev: &pci::Device<Core<'_>>, binding: &Binding<'_>) -> Result<u32> {
/// let bar = pdev.iomap_region_sized::<0x100>(0, c"mydriver")?.into_devres()?;
/// let bar = DevresLt::new(binding, bar)?;
/// // anywhere
/// unscoped(|context| {
///     let guard = bar.try_access(context).ok_or(ENODEV)?;
///     guard.get().write32(1, 0x10);
///     fsleep(Delta::from_millis(1));
///     Ok(guard.get().read32(0x14))
/// })
/// # }
/// ```
///
/// # Invariants
///
/// The wrapped value is of the same device and binding.
pub struct DevresLt<F: ForLt + 'static>(Devres<devres::DevresLt<F>>)
where
    for<'a> F::Of<'a>: Send + Sync;

impl<F: CovariantForLt + 'static> DevresLt<F>
where
    for<'a> F::Of<'a>: Send + Sync,
{
    /// Wraps `value`, which belongs to the device of `binding`. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `value` belongs to another device.
    /// - `ENODEV`: `value` belongs to an earlier binding.
    /// - `ENOMEM`.
    ///
    /// On failure, the value is dropped.
    pub fn new(binding: &Binding<'_>, value: devres::DevresLt<F>) -> Result<Self> {
        let device: &Device = binding.device();
        if !core::ptr::eq(value.device(), device) {
            return Err(EINVAL);
        }
        value.try_access().ok_or(ENODEV)?;
        // INVARIANT: The device was just compared, and a value of an earlier binding is revoked.
        Devres::new::<Error>(binding, Ok(value)).map(Self)
    }

    /// Returns the device.
    pub fn device(&self) -> &Device {
        self.0.device()
    }

    /// As [`Devres::access`].
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `dev` is another device.
    /// - `ENODEV`: the device was unbound since the value was created, and bound again.
    #[inline]
    pub fn access<'a>(&'a self, dev: &'a Device<Bound>) -> Result<&'a F::Of<'a>> {
        self.0.access(dev)?.access(dev)
    }

    /// As [`Devres::try_access`]. May sleep, and so may the holder of the guard.
    #[inline]
    #[track_caller]
    pub fn try_access<'g>(&'g self, context: &'g impl MaySleep) -> Option<DevresGuard<'g, F>> {
        Some(DevresGuard {
            device: self.device(),
            value: self.0.try_access(context)?,
        })
    }
}

impl<F: ForLt + 'static> Clone for DevresLt<F>
where
    for<'a> F::Of<'a>: Send + Sync,
{
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<F: CovariantForLt + 'static> Access for DevresLt<F>
where
    for<'a> F::Of<'a>: Send + Sync,
{
    type Guard<'a> = DevresGuard<'a, F>;

    #[inline]
    #[track_caller]
    fn try_access<'g>(&'g self, context: &'g impl MaySleep) -> Option<Self::Guard<'g>> {
        self.try_access(context)
    }
}

/// A guard: the value is not revoked while it exists. It is not `Send`.
///
/// # Invariants
///
/// `device` is the device of the wrapped value.
#[must_use = "dropping it gives the value back"]
pub struct DevresGuard<'a, F: ForLt + 'static>
where
    for<'b> F::Of<'b>: Send,
{
    device: &'a Device,
    value: RevocableGuard<'a, devres::DevresLt<F>>,
}

impl<F: CovariantForLt + 'static> DevresGuard<'_, F>
where
    for<'b> F::Of<'b>: Send,
{
    /// Returns the value, for the lifetime of the guard. (With `Deref`, the value would have the
    /// lifetime of the handle, and a copy from it could be used after the guard.)
    #[inline]
    pub fn get(&self) -> &F::Of<'_> {
        // SAFETY: The value that devres releases is valid until then, and the release waits for
        // this guard. The reference is used for a comparison only.
        let device = unsafe { self.device.as_bound() };
        // SAFETY: It fails only for another device, and by the type invariant, this is the same
        // device.
        unsafe { self.value.access(device).unwrap_unchecked() }
    }
}
