// SPDX-License-Identifier: GPL-2.0

//! The calls that a sequence is made of.

use crate::diff::{Call, Place, Reading, Slot};

/// How many files a sequence has open at a time.
pub const SLOTS: usize = 4;

/// The nodes of the controller.
pub const NODES: [&str; 2] = ["cros_ec", "cros_pd"];

/// One call, or some of a kind. `compat` is for those of 32-bit programs.
#[derive(Clone, Debug)]
pub enum Op {
    /// `open()` of a node.
    Open { slot: Slot, node: usize, flags: i32 },
    /// One that any file has.
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
    /// The controller answers these many commands so.
    Fail { count: u32, result: u16 },
    /// Its memory changes.
    Memory { offset: u16, data: Vec<u8> },
    /// Some events of a kind.
    Raise { kind: u8, data: Vec<u8>, times: u16 },
    /// A read into some pieces.
    Read {
        slot: Slot,
        pieces: Vec<(Place, usize)>,
        how: Reading,
    },
    /// Reads until there is nothing any more.
    Drain { slot: Slot },
    /// `write()` or `writev()`.
    Write { slot: Slot, pieces: usize },
    /// The driver loses a node's device.
    Unbind { node: usize },
    /// It gets it back.
    Bind { node: usize },
}
