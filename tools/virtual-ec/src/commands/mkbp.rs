// SPDX-License-Identifier: GPL-2.0

//! Keyboard, buttons and events.

use crate::ec::Ec;
use crate::status::Status;
use crate::table::{Call, Entry, main};

/// `EC_CMD_GET_NEXT_EVENT`.
pub const GET_NEXT_EVENT: u16 = 0x0067;

/// The keyboard's rows and columns.
const ROWS: u32 = 8;
const COLUMNS: u32 = 13;

/// Power button and two for the volume.
const BUTTONS: u32 = 0b111;
/// Lid and tablet mode; the lid is open.
const SWITCHES: u32 = 0b11;
const SWITCHES_ON: u32 = 0b01;

pub const COMMANDS: &[Entry] = &[
    main(0x0060, 0b1, state),
    main(0x0061, 0b1, info),
    main(GET_NEXT_EVENT, 0b1111, next_event),
];

/// No key is pressed.
fn state(_: &mut Ec, _: &Call<'_>) -> Result<Vec<u8>, Status> {
    Ok(vec![0; COLUMNS as usize])
}

fn info(_: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    if call.params.is_empty() || call.u8(0)? == 0 {
        let mut reply = [ROWS, COLUMNS].map(u32::to_le_bytes).concat();
        reply.push(0);
        return Ok(reply);
    }
    let supported = call.u8(0)? == 1;
    let word = |supports, has| Ok(u32::to_le_bytes(if supported { supports } else { has }).into());
    match (call.u8(0)?, call.u8(1)?) {
        (1 | 2, 3) => word(BUTTONS, 0),
        (1 | 2, 4) => word(SWITCHES, SWITCHES_ON),
        (2, 0) => Ok(vec![0; COLUMNS as usize]),
        _ => Err(Status::INVALID_PARAM),
    }
}

fn next_event(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    ec.events.fetch(call.version, call.now)
}
