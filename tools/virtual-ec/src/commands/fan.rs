// SPDX-License-Identifier: GPL-2.0

//! The fan, and the keyboard's light.

use crate::ec::Ec;
use crate::status::Status;
use crate::table::{Call, Entry, main};

pub const COMMANDS: &[Entry] = &[
    main(0x0020, 0b1, target),
    main(0x0021, 0b11, set_target),
    main(0x0022, 0b1, light),
    main(0x0023, 0b1, set_light),
];

fn target(ec: &mut Ec, _: &Call<'_>) -> Result<Vec<u8>, Status> {
    Ok(ec.settings.fan_rpm.to_le_bytes().into())
}

/// The fan turns as it is told, which the memory map shows.
fn set_target(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let rpm = call.u32(0)?;
    if call.version == 1 {
        call.index(4, 1)?;
    }
    ec.settings.fan_rpm = rpm;
    let turns = u16::try_from(rpm).unwrap_or(u16::MAX).min(6000);
    ec.memory.set(0x10, &turns.to_le_bytes());
    Ok(Vec::new())
}

fn light(ec: &mut Ec, _: &Call<'_>) -> Result<Vec<u8>, Status> {
    let percent = ec.settings.keyboard_light;
    Ok(vec![percent, u8::from(percent > 0)])
}

fn set_light(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let percent = call.u8(0)?;
    if percent > 100 {
        return Err(Status::INVALID_PARAM);
    }
    ec.settings.keyboard_light = percent;
    Ok(Vec::new())
}
