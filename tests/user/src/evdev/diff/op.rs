// SPDX-License-Identifier: GPL-2.0

//! The calls that a sequence is made of.

use crate::{
    diff::{Call, Place, Reading, Slot},
    evdev::uinput::Event,
};
use rustix::ioctl::Opcode;
use std::fmt;

/// How many files a sequence has open at a time.
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

/// An `ioctl()`. A number shows as such.
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
    /// One that any file has.
    Any(Call),
    /// The device has events, with a time of its own or without.
    Inject {
        events: Vec<Event>,
        stamp: Option<u16>,
    },
    /// A read into some pieces.
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
    /// Reads until there is nothing any more.
    Drain { slot: Slot },
    /// `write()` or `writev()` of some pieces, in which are these bytes.
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
    /// `EVIOCGMASK` or `EVIOCSMASK`, of events of a type. The bytes are the mask, `size` what it
    /// is said to have.
    Mask {
        slot: Slot,
        set: bool,
        kind: u32,
        size: u32,
        codes: Place,
        bytes: Bytes,
        compat: bool,
    },
    /// The device goes away.
    Destroy,
}
