// SPDX-License-Identifier: GPL-2.0

//! The EC starts anew.

use std::time::Duration;

use crate::ec::Ec;
use crate::status::Status;
use crate::table::{Call, Entry, main};

/// How long that takes.
const TIME: Duration = Duration::from_millis(50);

/// `EC_REBOOT_FLAG_ON_AP_SHUTDOWN`.
const ON_SHUTDOWN: u8 = 1 << 1;

pub const COMMANDS: &[Entry] = &[main(0x00d2, 0b1, reboot)];

fn reboot(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let flags = call.u8(1)?;
    match call.u8(0)? {
        // Cancelled, or no further jump: there is nothing to do.
        0 | 5 => {}
        1 | 2 | 4 if flags & ON_SHUTDOWN == 0 => ec.reboot_after_reply(TIME),
        1 | 2 | 4 => {}
        _ => return Err(Status::INVALID_PARAM),
    }
    Ok(Vec::new())
}
