// SPDX-License-Identifier: GPL-2.0

//! The flash, which can be asked about and nothing else.

use crate::ec::Ec;
use crate::status::Status;
use crate::table::{Call, Entry, main};

/// Size; blocks to write, erase, protect.
const GEOMETRY: [u32; 4] = [512 << 10, 4, 4 << 10, 64 << 10];

/// The ideal size of a write, and no flags.
const VERSION_1: [u32; 2] = [224, 0];

pub const COMMANDS: &[Entry] = &[main(0x0010, 0b11, info)];

fn info(_: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let mut reply = GEOMETRY.map(u32::to_le_bytes).concat();
    if call.version == 1 {
        reply.extend(VERSION_1.map(u32::to_le_bytes).concat());
    }
    Ok(reply)
}
