// SPDX-License-Identifier: GPL-2.0
// UNSAFE: says that a device is bound.

//! What the kernel crate makes for a device and keeps in a devres of its own, such as the mapping
//! of a PCI BAR, in the form that may be used across a sleep.

use super::{devres::Devres, Access, RevocableGuard};
use crate::{binding::Binding, scope::MaySleep};
use kernel::{
    device::{Bound, Device},
    devres,
    prelude::*,
    types::{CovariantForLt, ForLt}, //
};

/// The sleepable form of a [`kernel::devres::DevresLt`]: of a
/// [`pci::DevresBar`](kernel::pci::DevresBar), or another mapping that the kernel crate makes.
///
/// It wraps that one. Being younger, it is released by devres before, and waits for its guards
/// then; so under a guard what it wraps is not revoked.
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
/// What it wraps is of the same device and binding.
pub struct DevresLt<F: ForLt + 'static>(Devres<devres::DevresLt<F>>)
where
    for<'a> F::Of<'a>: Send + Sync;

impl<F: CovariantForLt + 'static> DevresLt<F>
where
    for<'a> F::Of<'a>: Send + Sync,
{
    /// Makes `value`, which is one of the device of `binding`, sleepable. May sleep.
    ///
    /// # Errors
    ///
    /// - `EINVAL`: it is of another device.
    /// - `ENODEV`: it is of an earlier binding.
    /// - `ENOMEM`.
    ///
    /// The value is dropped then.
    pub fn new(binding: &Binding<'_>, value: devres::DevresLt<F>) -> Result<Self> {
        let device: &Device = binding.device();
        if !core::ptr::eq(value.device(), device) {
            return Err(EINVAL);
        }
        value.try_access().ok_or(ENODEV)?;
        // INVARIANT: Just compared, and what is of an earlier binding is revoked.
        Devres::new::<Error>(binding, Ok(value)).map(Self)
    }

    /// The device.
    pub fn device(&self) -> &Device {
        self.0.device()
    }

    /// As [`Devres::access`].
    ///
    /// # Errors
    ///
    /// - `EINVAL`: `dev` is another device.
    /// - `ENODEV`: the device was unbound since the value was made, and bound again.
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

/// A value that is not revoked as long as this is there. It stays with the task that got it.
///
/// # Invariants
///
/// `device` is that of what `value` reaches.
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
    /// The value, for no longer than the guard. (With `Deref` it would be one for as long as the
    /// handle, and what is copied out of it could be used after the guard.)
    #[inline]
    pub fn get(&self) -> &F::Of<'_> {
        // SAFETY: What devres releases is there until it is released, and that waits for this
        // guard. The reference is used for a comparison only.
        let device = unsafe { self.device.as_bound() };
        // SAFETY: It fails for another device, and by the type invariant this is no other.
        unsafe { self.value.access(device).unwrap_unchecked() }
    }
}
