// SPDX-License-Identifier: GPL-2.0

//! The calls of a sequence.

use crate::{
    diff::{Call, Place, Reading, Slot},
    evdev::uinput::Event,
};
use rustix::ioctl::Opcode;
use std::fmt;

/// The number of open files in a sequence.
pub const SLOTS: usize = 6;

/// Pieces of memory, each with its length.
pub type Pieces = Vec<(Place, usize)>;

/// The third argument of `ioctl()`.
#[derive(Clone, Debug)]
pub enum Argument {
    /// A number.
    Number(u64),
    /// A pointer to these bytes.
    At(Place, Bytes),
}

/// Bytes, which show as hexadecimal digits.
#[derive(Clone, Default)]
pub struct Bytes(pub Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("x")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The number of an `ioctl()`, which is shown in hexadecimal.
#[derive(Clone, Copy)]
pub struct Number(pub Opcode);

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

/// One call. `compat` is for those of 32-bit programs.
#[derive(Clone, Debug)]
pub enum Op {
    /// `open()` of the node.
    Open { slot: Slot, flags: i32 },
    /// A call that every file supports.
    Any(Call),
    /// The device reports events, with a given time or without.
    Inject {
        events: Vec<Event>,
        stamp: Option<u16>,
    },
    /// A read into several pieces of memory.
    Read {
        slot: Slot,
        pieces: Pieces,
        how: Reading,
    },
    /// `read()` of a 32-bit program.
    ReadCompat {
        slot: Slot,
        place: Place,
        len: usize,
    },
    /// Reads until there are no events left.
    Drain { slot: Slot },
    /// `write()` or `writev()` of pieces of memory that contain these bytes.
    Write {
        slot: Slot,
        pieces: Pieces,
        bytes: Bytes,
        compat: bool,
    },
    /// `ioctl()`
    Ioctl {
        slot: Slot,
        number: Number,
        argument: Argument,
        compat: bool,
    },
    /// `EVIOCGMASK` or `EVIOCSMASK`, for a type of events. The bytes are the mask, and `size` is
    /// the size that the call passes.
    Mask {
        slot: Slot,
        set: bool,
        kind: u32,
        size: u32,
        codes: Place,
        bytes: Bytes,
        compat: bool,
    },
    /// The device is removed.
    Destroy,
}
