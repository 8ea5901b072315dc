// SPDX-License-Identifier: GPL-2.0
// UNSAFE: sets the DMA mask of a device.

//! Which memory a device reaches.
//!
//! C header: [`include/linux/dma-mapping.h`](srctree/include/linux/dma-mapping.h)

use super::Binding;
use kernel::{
    dma::{self, DmaMask},
    prelude::*, //
};

impl Binding<'_> {
    /// Says which addresses `device`, the one of this binding, has for DMA, as
    /// `dma_set_mask_and_coherent()` does. To be called before anything is registered. May sleep.
    ///
    /// # Errors
    ///
    /// - `EBUSY`: something is registered, and may allocate DMA memory at this time.
    /// - `EINVAL`: it is another device.
    /// - `EIO`: the machine has no memory there.
    pub fn set_dma_mask<'a>(&mut self, device: &impl dma::Device<'a>, mask: DmaMask) -> Result {
        self.check(device.as_ref())?;
        if !self.attached.0.is_empty() {
            return Err(EBUSY);
        }
        // SAFETY: The device is in its probe, and no callback of the driver exists yet.
        unsafe { device.dma_set_mask_and_coherent(mask) }
    }
}
