// SPDX-License-Identifier: GPL-2.0

//! How long the EC has been running.

use crate::ec::Ec;
use crate::status::Status;
use crate::table::{Call, Entry, main};

/// `EC_RESET_FLAG_POWER_ON`.
const POWER_ON: u32 = 1 << 3;

/// Four entries of eight bytes: the host was never reset.
const NO_RESETS: [u8; 32] = [0; 32];

pub const COMMANDS: &[Entry] = &[main(0x0121, 0b1, uptime)];

fn uptime(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let ms = call.now.duration_since(ec.started).as_millis() as u32;
    let mut reply = [ms, 0, POWER_ON].map(u32::to_le_bytes).concat();
    reply.extend(NO_RESETS);
    Ok(reply)
}
