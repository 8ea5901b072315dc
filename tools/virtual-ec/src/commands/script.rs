// SPDX-License-Identifier: GPL-2.0

//! The board specific command that has the EC misbehave, for tests. Little-endian parameters:
//! `u8 op; u8 arg; u16 value; u32 count; u32 ms; u8 data[]`.

use std::time::Duration;

use crate::ec::Ec;
use crate::events::Raise;
use crate::script::Garbage;
use crate::status::Status;
use crate::table::{Call, Entry, both};

/// The command's number, in the range that is specific to a board.
pub const SCRIPT: u16 = 0x3e00;

/// Where the data of an operation starts.
const DATA: usize = 12;

pub const COMMANDS: &[Entry] = &[both(SCRIPT, 0b1, run)];

fn run(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let (op, arg, value) = (call.u8(0)?, call.u8(1)?, call.u16(2)?);
    let (count, time) = (call.u32(4)?, Duration::from_millis(call.u32(8)?.into()));
    let data = &call.params[DATA..];
    let script = &mut ec.script;
    match op {
        0 => ec.reset(call.now),
        1 => {
            let raise = Raise {
                kind: arg,
                payload: data,
                numbered: value & 1 != 0,
                count,
                period: time,
            };
            ec.events.raise(&raise, call.now)?;
        }
        2 => script.slow.set(count, time),
        3 => script.fail.set(count, value),
        4 => {
            let how = Garbage::from_repr(value).ok_or(Status::INVALID_PARAM)?;
            script.garbage.set(count, how);
        }
        5 => script.silent.set(count, ()),
        6 => script.pending.set(count, time),
        7 if ec.memory.set(value.into(), data) => {}
        8 => ec.reboot_after_reply(time),
        _ => return Err(Status::INVALID_PARAM),
    }
    Ok(Vec::new())
}
