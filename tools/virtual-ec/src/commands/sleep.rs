// SPDX-License-Identifier: GPL-2.0

//! The host goes to sleep and comes back.

use crate::ec::Ec;
use crate::status::Status;
use crate::table::{Call, Entry, main};

pub const COMMANDS: &[Entry] = &[main(0x00a9, 0b11, sleep_event)];

/// Version 1 answers a resume with the number of transitions.
fn sleep_event(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let (suspend, resume) = match call.u8(0)? {
        0 => (false, false),
        1 | 3 | 5 => (true, false),
        2 | 4 => (false, true),
        _ => return Err(Status::INVALID_PARAM),
    };
    if suspend {
        ec.settings.sleep_transitions = 0;
    }
    if suspend || resume {
        ec.settings.sleep_transitions += 1;
    }
    match resume && call.version == 1 {
        true => Ok(ec.settings.sleep_transitions.to_le_bytes().into()),
        false => Ok(Vec::new()),
    }
}
