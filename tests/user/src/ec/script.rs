// SPDX-License-Identifier: GPL-2.0

//! The scripts of the tests' controllers, the virtual one and `testec`. A board-specific command
//! sends them, which no script affects.

use super::transfer;
use rustix::{fd::AsFd, io};

/// `EC_CMD_BOARD_SPECIFIC_BASE`, the command that carries a step.
pub const COMMAND: u32 = 0x3e00;

/// A step of a script. All times are in milliseconds.
#[derive(Clone, Debug)]
pub enum Step<'a> {
    /// Reset to the state after power-on.
    Reset,
    /// Raise `count` events of one kind at once, or one each `every` ms; then 0 means without end.
    Events {
        /// Which kind, `EC_MKBP_EVENT_...`.
        kind: u8,
        /// Their payload.
        data: &'a [u8],
        /// How many.
        count: u32,
        /// The period, or 0 for all at once.
        every: u32,
        /// Whether their first four bytes are a sequence number.
        numbered: bool,
    },
    /// Take `ms` for each of the next `count` commands.
    Slow {
        /// How many.
        count: u32,
        /// How long.
        ms: u32,
    },
    /// Answer the next `count` commands with a result, `EC_RES_...`.
    Fail {
        /// How many.
        count: u32,
        /// Which.
        result: u16,
    },
    /// Answer the next `count` commands with garbage: 0 a wrong checksum, 1 too long, 2 random, 3 a
    /// wrong version of the structure.
    Garbage {
        /// How many.
        count: u32,
        /// Which.
        kind: u16,
    },
    /// Do not answer the next `count` commands.
    Silent {
        /// How many.
        count: u32,
    },
    /// Report the next `count` commands as in progress, for `ms`.
    Pending {
        /// How many.
        count: u32,
        /// How long.
        ms: u32,
    },
    /// Write to the mapped memory.
    Memory {
        /// Where.
        offset: u16,
        /// What.
        data: &'a [u8],
    },
    /// Answer, reset, and then answer no commands for `ms`.
    Reboot {
        /// How long.
        ms: u32,
    },
}

impl Step<'_> {
    /// The request that is sent to the controller.
    pub fn encode(&self) -> Vec<u8> {
        let (op, arg, value, count, ms, data): (u8, u8, u16, u32, u32, &[u8]) = match *self {
            Self::Reset => (0, 0, 0, 0, 0, &[]),
            Self::Events {
                kind,
                data,
                count,
                every,
                numbered,
            } => (1, kind, numbered.into(), count, every, data),
            Self::Slow { count, ms } => (2, 0, 0, count, ms, &[]),
            Self::Fail { count, result } => (3, 0, result, count, 0, &[]),
            Self::Garbage { count, kind } => (4, 0, kind, count, 0, &[]),
            Self::Silent { count } => (5, 0, 0, count, 0, &[]),
            Self::Pending { count, ms } => (6, 0, 0, count, ms, &[]),
            Self::Memory { offset, data } => (7, 0, offset, 0, 0, data),
            Self::Reboot { ms } => (8, 0, 0, 0, ms, &[]),
        };
        let mut request = vec![op, arg];
        request.extend(value.to_le_bytes());
        request.extend(count.to_le_bytes());
        request.extend(ms.to_le_bytes());
        request.extend(data);
        request
    }
}

/// Sends a step to the controller.
///
/// # Errors
///
/// Those of the driver.
///
/// # Panics
///
/// If the controller does not know the step.
pub fn run(fd: impl AsFd, step: &Step<'_>) -> io::Result<()> {
    let answer = transfer(fd, 0, COMMAND, &step.encode(), 0)?;
    assert_eq!(answer.header.result, 0, "the controller refuses {step:?}");
    Ok(())
}
