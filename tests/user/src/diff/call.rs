// SPDX-License-Identifier: GPL-2.0

//! The calls that every file supports, and how they are drawn.

use super::{Place, Random};

/// The index of an open file in a sequence.
pub type Slot = usize;

/// `FIONREAD`, `FIONBIO`, `FIOASYNC`, `FIOQSIZE`, `FIOCLEX`, `TCGETS`, `TIOCGWINSZ`.
pub const GENERIC_IOCTLS: [u32; 7] = [0x541b, 0x5421, 0x5452, 0x5460, 0x5451, 0x5401, 0x5413];

/// Types of ioctls that change the file system: `FIFREEZE`, `FS_IOC_SETFLAGS` and others.
const OF_FILE_SYSTEMS: [u8; 3] = [b'X', b'f', 0x94];

/// The number of calls that a driver may lack: see [`Call::Other`].
const OTHERS: u64 = 8;

/// Replaces ioctls that change the file system.
pub fn harmless(number: u32) -> u32 {
    match OF_FILE_SYSTEMS.contains(&((number >> 8) as u8)) {
        true => number ^ 0x8000,
        false => number,
    }
}

/// A call.
#[derive(Clone, Debug)]
pub enum Call {
    /// `close()`
    Close { slot: Slot },
    /// `dup()` into another slot.
    Dup { slot: Slot, to: Slot },
    /// `lseek()`
    Seek {
        slot: Slot,
        offset: i64,
        whence: i32,
    },
    /// `poll()` for these events.
    Poll { slot: Slot, events: i16 },
    /// `select()` for reading.
    Select { slot: Slot },
    /// `epoll_ctl()` and `epoll_wait()`.
    Epoll { slot: Slot },
    /// `fcntl(F_SETFL)`
    Flags { slot: Slot, flags: i32 },
    /// Position and flags, from `/proc`.
    Info { slot: Slot },
    /// A call that a driver may lack: see `files`.
    Other { slot: Slot, which: u8 },
}

impl Call {
    /// `close()` or `dup()`.
    pub fn of_descriptors(random: &mut Random, slot: Slot, slots: usize) -> Self {
        match random.one_in(2) {
            true => Self::Close { slot },
            false => Self::Dup {
                slot,
                to: random.below(slots as u64) as Slot,
            },
        }
    }

    /// `lseek()`
    pub fn seek(random: &mut Random, slot: Slot) -> Self {
        Self::Seek {
            slot,
            offset: random.below(200) as i64 - 20,
            whence: random.below(6) as i32,
        }
    }

    /// One of the calls that ask for events, most often `poll()`.
    pub fn ask(random: &mut Random, slot: Slot) -> Self {
        match random.below(7) {
            0..5 => Self::Poll {
                slot,
                events: random.number() as i16,
            },
            5 => Self::Select { slot },
            _ => Self::Epoll { slot },
        }
    }

    /// `fcntl(F_SETFL)` with one of `flags`.
    pub fn flags(random: &mut Random, slot: Slot, flags: &[i32]) -> Self {
        Self::Flags {
            slot,
            flags: random.of(flags),
        }
    }

    /// A call that a driver may lack.
    pub fn other(random: &mut Random, slot: Slot) -> Self {
        Self::Other {
            slot,
            which: random.below(OTHERS) as u8,
        }
    }
}

/// Up to `limit` bytes.
pub fn some_bytes(random: &mut Random, limit: u64) -> Vec<u8> {
    let len = random.below(limit) as usize;
    random.bytes(len)
}

impl Place {
    /// Most often a good place; else one with at most `room` bytes before the bad page.
    pub fn any(random: &mut Random, room: u16) -> Self {
        match random.below(6) {
            0 => {
                let left = random.below(u64::from(room) + 1) as u16;
                random.of(&Self::bad(left))
            }
            1 => random.of(&[Self::BeforeReadOnly(room), Self::BeforeWall(room)]),
            _ => Self::Good(random.below(64) as u16),
        }
    }
}
