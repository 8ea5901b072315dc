// SPDX-License-Identifier: GPL-2.0

//! The registers of the device; see QEMU's `docs/specs/edu.rst`.

use kernel::io::register;

register! {
    pub(crate) ID(u32) @ 0x00 {
        31:24 major => u8;
        23:16 minor => u8;
        7:0 magic => u8;
    }

    /// Returns the inverse of the value that was written.
    pub(crate) LIVENESS(u32) @ 0x04 {
        31:0 pattern;
    }

    /// The number, and after the computation its factorial.
    pub(crate) FACTORIAL(u32) @ 0x08 {
        31:0 number;
    }

    pub(crate) STATUS(u32) @ 0x20 {
        /// Raise an interrupt when the factorial is done.
        7:7 interrupt => bool;
        0:0 computing => bool;
    }

    /// The interrupts that are raised. Read only.
    pub(crate) IRQ_STATUS(u32) @ 0x24 {
        8:8 transfer => bool;
        0:0 factorial => bool;
    }

    /// Acknowledges interrupts. Write only.
    pub(crate) IRQ_ACK(u32) @ 0x64 {
        31:0 raised;
    }

    pub(crate) DMA_SOURCE(u32) @ 0x80 {
        31:0 address;
    }

    pub(crate) DMA_DESTINATION(u32) @ 0x88 {
        31:0 address;
    }

    pub(crate) DMA_COUNT(u32) @ 0x90 {
        31:0 bytes;
    }

    /// Starts a transfer, and has its state.
    pub(crate) DMA_COMMAND(u32) @ 0x98 {
        /// Raise an interrupt at the end of the transfer.
        2:2 interrupt => bool;
        /// From the device to memory.
        1:1 to_memory => bool;
        0:0 running => bool;
    }
}

pub(crate) const END: usize = 0x9c;
pub(crate) const MAGIC: u8 = 0xed;

/// The address of the device's own memory for its DMA engine.
pub(crate) const RAM: u32 = 0x40000;
/// The number of address bits of the DMA engine.
pub(crate) const DMA_BITS: u32 = 28;
