// SPDX-License-Identifier: GPL-2.0
// UNSAFE: sets the DMA mask of a device.

//! The DMA mask of a device.
//!
//! C header: [`include/linux/dma-mapping.h`](srctree/include/linux/dma-mapping.h)

use super::Binding;
use kernel::{
    dma::{self, DmaMask},
    prelude::*, //
};

impl Binding<'_> {
    /// Sets the DMA mask of `device`, the device of this binding, by `dma_set_mask_and_coherent()`.
    /// Call this before the first registration. May sleep.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: something is registered already, and may be allocating DMA memory.
    /// - `EINVAL`: `device` is not the device of this binding.
    /// - `EIO`: the machine cannot do DMA with this mask.
    pub fn set_dma_mask<'a>(&mut self, device: &impl dma::Device<'a>, mask: DmaMask) -> Result {
        self.check(device.as_ref())?;
        if !self.attached.0.is_empty() {
            return Err(EBUSY);
        }
        // SAFETY: The device is in its probe, and no callback of the driver exists yet.
        unsafe { device.dma_set_mask_and_coherent(mask) }
    }
}
