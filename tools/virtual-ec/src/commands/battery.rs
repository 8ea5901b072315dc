// SPDX-License-Identifier: GPL-2.0

//! Battery and charger.

use crate::ec::Ec;
use crate::memory::battery;
use crate::status::Status;
use crate::table::{Call, Entry, main};

pub const COMMANDS: &[Entry] = &[
    main(0x00a0, 0b1, charge_state),
    main(0x0600, 0b1, fixed),
    main(0x0601, 0b1, dynamic),
];

/// `EC_CMD_CHARGE_STATE`: state, a parameter, another parameter.
fn charge_state(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let charger = &mut ec.settings.charger;
    match call.u8(0)? {
        0 => {
            let charge = battery::CAPACITY * 100 / battery::FULL_CAPACITY;
            let of = |number| charger.get(&number).copied().unwrap_or_default();
            Ok([1, of(0), of(1), of(2), charge]
                .map(u32::to_le_bytes)
                .concat())
        }
        1 => {
            let value = charger.get(&call.u32(1)?).ok_or(Status::INVALID_PARAM)?;
            Ok(value.to_le_bytes().into())
        }
        2 => {
            let value = charger
                .get_mut(&call.u32(1)?)
                .ok_or(Status::INVALID_PARAM)?;
            *value = call.u32(5)?;
            Ok(Vec::new())
        }
        _ => Err(Status::INVALID_PARAM),
    }
}

/// `struct ec_response_battery_static_info`.
fn fixed(_: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    call.index(0, 1)?;
    let words = [battery::DESIGN_CAPACITY, battery::DESIGN_VOLTAGE];
    let mut reply = words.map(|word| (word as u16).to_le_bytes()).concat();
    reply.extend(battery::TEXTS.map(|text| *text).concat());
    reply.extend(battery::CYCLES.to_le_bytes());
    Ok(reply)
}

/// `struct ec_response_battery_dynamic_info`.
fn dynamic(_: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    call.index(0, 1)?;
    let words = [
        battery::VOLTAGE,
        battery::RATE,
        battery::CAPACITY,
        battery::FULL_CAPACITY,
        battery::FLAGS.into(),
        12_600,
        2_000,
    ];
    Ok(words.map(|word| (word as i16).to_le_bytes()).concat())
}
