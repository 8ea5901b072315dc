// SPDX-License-Identifier: GPL-2.0

//! The calls of a sequence.

use crate::diff::{Call, Place, Reading, Slot};

/// The number of open files in a sequence.
pub const SLOTS: usize = 4;

/// The nodes of the controller.
pub const NODES: [&str; 2] = ["cros_ec", "cros_pd"];

/// One call, or some of a kind. `compat` is for those of 32-bit programs.
#[derive(Clone, Debug)]
pub enum Op {
    /// `open()` of a node.
    Open { slot: Slot, node: usize, flags: i32 },
    /// A call that every file supports.
    Any(Call),
    /// `CROS_EC_DEV_IOCXCMD`; the fields are those of `struct cros_ec_command`.
    Transfer {
        slot: Slot,
        place: Place,
        header: [u32; 5],
        data: Vec<u8>,
        compat: bool,
    },
    /// `CROS_EC_DEV_IOCRDMEM`
    ReadMemory {
        slot: Slot,
        place: Place,
        offset: u32,
        bytes: u32,
        compat: bool,
    },
    /// `CROS_EC_DEV_IOCEVENTMASK`
    Mask { slot: Slot, mask: u64, compat: bool },
    /// Another `ioctl()`.
    Ioctl {
        slot: Slot,
        number: u32,
        place: Place,
        compat: bool,
    },
    /// The controller answers this many commands with a result.
    Fail { count: u32, result: u16 },
    /// Its memory changes.
    Memory { offset: u16, data: Vec<u8> },
    /// Raises some events of a type.
    Raise { kind: u8, data: Vec<u8>, times: u16 },
    /// A read into several pieces of memory.
    Read {
        slot: Slot,
        pieces: Vec<(Place, usize)>,
        how: Reading,
    },
    /// Reads until there are no events left.
    Drain { slot: Slot },
    /// `write()` or `writev()`.
    Write { slot: Slot, pieces: usize },
    /// Unbinds the driver from a node's device.
    Unbind { node: usize },
    /// Binds it again.
    Bind { node: usize },
}
