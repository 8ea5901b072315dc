// SPDX-License-Identifier: GPL-2.0

//! The protocol itself.

use crate::ec::Ec;
use crate::packet::PACKET_SIZE;
use crate::status::Status;
use crate::table::{self, Call, Entry, both};

/// `EC_CMD_GET_COMMS_STATUS`.
pub const GET_COMMS_STATUS: u16 = 0x0009;

/// `EC_COMMS_STATUS_PROCESSING`.
const PROCESSING: u32 = 1;

/// `EC_PROTOCOL_INFO_IN_PROGRESS_SUPPORTED`.
const IN_PROGRESS_SUPPORTED: u32 = 1;

/// The data of `EC_CMD_TEST_PROTOCOL`.
const TEST_DATA: usize = 32;

pub const COMMANDS: &[Entry] = &[
    both(0x0008, 0b11, cmd_versions),
    both(GET_COMMS_STATUS, 0b1, comms_status),
    both(0x000a, 0b1, test_protocol),
    both(0x000b, 0b1, protocol_info),
];

fn cmd_versions(_: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let command = match call.version {
        0 => call.u8(0)?.into(),
        _ => call.u16(0)?,
    };
    let entry = table::find(call.chip, command).ok_or(Status::INVALID_PARAM)?;
    Ok(entry.versions.to_le_bytes().into())
}

fn comms_status(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let processing = ec.script.is_processing(call.now);
    let flags = if processing { PROCESSING } else { 0 };
    Ok(flags.to_le_bytes().into())
}

/// Answers with the result and as much of the data as the host asks for.
fn test_protocol(_: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let (result, len) = (call.u32(0)?, call.u32(4)?);
    let data = call
        .params
        .get(8..8 + TEST_DATA)
        .ok_or(Status::INVALID_PARAM)?;
    let data = data.get(..len as usize).ok_or(Status::INVALID_PARAM)?;
    match u16::try_from(result) {
        Ok(0) => Ok(data.to_vec()),
        Ok(code) => Err(Status(code)),
        Err(_) => Err(Status::INVALID_PARAM),
    }
}

fn protocol_info(_: &mut Ec, _: &Call<'_>) -> Result<Vec<u8>, Status> {
    let size = (PACKET_SIZE as u16).to_le_bytes();
    let mut reply = (1_u32 << 3).to_le_bytes().to_vec();
    reply.extend([size, size].concat());
    reply.extend(IN_PROGRESS_SUPPORTED.to_le_bytes());
    Ok(reply)
}
