// SPDX-License-Identifier: GPL-2.0

//! Host events: pending ones and masks, by the commands for each and by the one for all.

use crate::ec::Ec;
use crate::settings::EVENT_MASKS;
use crate::status::Status;
use crate::table::{Call, Entry, main};

/// `enum ec_host_event_mask_type`.
const MAIN: usize = 0;
const B: usize = 1;
const SCI: usize = 2;
const SMI: usize = 3;
const WAKE: usize = 5;

pub const COMMANDS: &[Entry] = &[
    main(0x0087, 0b1, |ec, _| get(ec, B)),
    main(0x0088, 0b1, |ec, _| get(ec, SMI)),
    main(0x0089, 0b1, |ec, _| get(ec, SCI)),
    main(0x008d, 0b1, |ec, _| get(ec, WAKE)),
    main(0x008a, 0b1, |ec, call| set(ec, SMI, call)),
    main(0x008b, 0b1, |ec, call| set(ec, SCI, call)),
    main(0x008e, 0b1, |ec, call| set(ec, WAKE, call)),
    main(0x008c, 0b1, |ec, call| clear(ec, MAIN, call)),
    main(0x008f, 0b1, |ec, call| clear(ec, B, call)),
    main(0x00a4, 0b1, all),
];

fn get(ec: &mut Ec, mask: usize) -> Result<Vec<u8>, Status> {
    Ok((ec.settings.host_events[mask] as u32).to_le_bytes().into())
}

fn set(ec: &mut Ec, mask: usize, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    ec.settings.host_events[mask] = call.u32(0)?.into();
    Ok(Vec::new())
}

fn clear(ec: &mut Ec, mask: usize, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let bits = u64::from(call.u32(0)?);
    ec.settings.host_events[mask] &= !bits;
    // What waits in the main word is what the memory map shows.
    show(ec);
    Ok(Vec::new())
}

/// `EC_CMD_HOST_EVENT`: get, set or clear any of them.
fn all(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let mask = call.index(1, EVENT_MASKS)?;
    let value = call.u64(4)?;
    let pending = mask == MAIN || mask == B;
    let word = &mut ec.settings.host_events[mask];
    match call.u8(0)? {
        0 => return Ok(word.to_le_bytes().into()),
        1 if !pending => *word = value,
        2 if pending => *word &= !value,
        _ => return Err(Status::INVALID_PARAM),
    }
    show(ec);
    Ok(Vec::new())
}

fn show(ec: &mut Ec) {
    let word = ec.settings.host_events[MAIN];
    ec.memory.set(0x34, &word.to_le_bytes());
}
