// SPDX-License-Identifier: GPL-2.0

//! The fan, and the keyboard's light.

use crate::ec::Ec;
use crate::status::Status;
use crate::table::{Call, Entry, main};

/// `EC_PWM_MAX_DUTY`.
const MAX_DUTY: u32 = 0xffff;

/// `EC_PWM_TYPE_KB_LIGHT`, the only light there is.
const KEYBOARD: u8 = 1;

pub const COMMANDS: &[Entry] = &[
    main(0x0020, 0b1, target),
    main(0x0021, 0b11, set_target),
    main(0x0022, 0b1, light),
    main(0x0023, 0b1, set_light),
    main(0x0025, 0b1, set_duty),
    main(0x0026, 0b1, duty),
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

/// The keyboard's light by the duty cycle, 16 bits for all of it.
fn set_duty(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let duty = u32::from(call.u16(0)?);
    if (call.u8(2)?, call.u8(3)?) != (KEYBOARD, 0) {
        return Err(Status::INVALID_PARAM);
    }
    ec.settings.keyboard_light = (duty * 100).div_ceil(MAX_DUTY) as u8;
    Ok(Vec::new())
}

fn duty(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    if (call.u8(0)?, call.u8(1)?) != (KEYBOARD, 0) {
        return Err(Status::INVALID_PARAM);
    }
    let duty = (u32::from(ec.settings.keyboard_light) * MAX_DUTY).div_ceil(100);
    Ok((duty as u16).to_le_bytes().into())
}
