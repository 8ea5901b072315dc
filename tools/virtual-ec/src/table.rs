// SPDX-License-Identifier: GPL-2.0

//! All commands: numbers, versions, which chip has them, and what does them.

use std::time::Instant;

use crate::commands;
use crate::ec::Ec;
use crate::status::Status;

/// The chips behind the line. The second is reached through the first: its commands are at an
/// offset, `EC_CMD_PASSTHRU_OFFSET(1)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chip {
    Main,
    Pd,
}

/// The offset of the second chip's commands.
pub const PASSTHRU: u16 = 0x4000;

impl Chip {
    /// The chip that a command is for, and the command's number there.
    pub fn of(command: u16) -> Option<(Self, u16)> {
        match command / PASSTHRU {
            0 => Some((Self::Main, command)),
            1 => Some((Self::Pd, command - PASSTHRU)),
            _ => None,
        }
    }
}

/// A call of a command.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub chip: Chip,
    pub version: u8,
    pub params: &'a [u8],
    pub now: Instant,
}

impl Call<'_> {
    fn bytes<const N: usize>(&self, at: usize) -> Result<[u8; N], Status> {
        let bytes = self.params.get(at..at + N);
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or(Status::INVALID_PARAM)
    }

    /// The byte at `at`; INVALID_PARAM if there is none.
    pub fn u8(&self, at: usize) -> Result<u8, Status> {
        self.bytes(at).map(u8::from_le_bytes)
    }

    /// The 16 bits at `at`.
    pub fn u16(&self, at: usize) -> Result<u16, Status> {
        self.bytes(at).map(u16::from_le_bytes)
    }

    /// The 32 bits at `at`.
    pub fn u32(&self, at: usize) -> Result<u32, Status> {
        self.bytes(at).map(u32::from_le_bytes)
    }

    /// The 64 bits at `at`.
    pub fn u64(&self, at: usize) -> Result<u64, Status> {
        self.bytes(at).map(u64::from_le_bytes)
    }

    /// A number below `end` at `at`, as an index.
    pub fn index(&self, at: usize, end: usize) -> Result<usize, Status> {
        let index = usize::from(self.u8(at)?);
        if index < end {
            Ok(index)
        } else {
            Err(Status::INVALID_PARAM)
        }
    }
}

/// What a command does.
pub type Handler = fn(&mut Ec, &Call<'_>) -> Result<Vec<u8>, Status>;

/// A command.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub command: u16,
    /// A bit for each version.
    pub versions: u32,
    /// Whether the second chip has it too.
    pub pd: bool,
    pub handler: Handler,
}

/// A command of the first chip.
pub const fn main(command: u16, versions: u32, handler: Handler) -> Entry {
    Entry {
        command,
        versions,
        pd: false,
        handler,
    }
}

/// A command of both chips.
pub const fn both(command: u16, versions: u32, handler: Handler) -> Entry {
    Entry {
        pd: true,
        ..main(command, versions, handler)
    }
}

/// The command of this number on this chip.
pub fn find(chip: Chip, command: u16) -> Option<&'static Entry> {
    let mut all = commands::ALL.iter().copied().flatten();
    all.find(|entry| entry.command == command && (entry.pd || chip == Chip::Main))
}

/// A string in a field of `N` bytes, with at least one zero at its end.
pub fn text<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [0; N];
    let len = text.len().min(N - 1);
    field[..len].copy_from_slice(&text.as_bytes()[..len]);
    field
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_number_is_taken_twice() {
        let mut seen = BTreeSet::new();
        for entry in commands::ALL.iter().copied().flatten() {
            assert!(seen.insert(entry.command), "{:#06x}", entry.command);
            assert!(entry.command < PASSTHRU && entry.versions != 0);
        }
    }

    #[test]
    fn chips() {
        assert_eq!(Chip::of(0x0001), Some((Chip::Main, 1)));
        assert_eq!(Chip::of(0x4102), Some((Chip::Pd, 0x102)));
        assert_eq!(Chip::of(0x8001), None);
        assert!(find(Chip::Pd, 0x0001).is_some() && find(Chip::Pd, 0x0020).is_none());
    }
}
