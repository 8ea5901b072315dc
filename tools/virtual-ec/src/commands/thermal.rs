// SPDX-License-Identifier: GPL-2.0

//! Temperature sensors and what happens when it gets hot.

use crate::ec::Ec;
use crate::memory::TEMPERATURES;
use crate::settings::THERMAL_WORDS;
use crate::status::Status;
use crate::table::{Call, Entry, main, text};

/// The sensors and their types, `EC_TEMP_SENSOR_TYPE_*`.
const SENSORS: [(&str, u8); TEMPERATURES.len()] = [("CPU", 0), ("Board", 1)];

pub const COMMANDS: &[Entry] = &[
    main(0x0050, 0b10, set_threshold),
    main(0x0051, 0b10, get_threshold),
    main(0x0070, 0b1, sensor_info),
];

fn sensor(call: &Call<'_>) -> Result<usize, Status> {
    match usize::try_from(call.u32(0)?) {
        Ok(sensor) if sensor < SENSORS.len() => Ok(sensor),
        _ => Err(Status::INVALID_PARAM),
    }
}

fn set_threshold(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let sensor = sensor(call)?;
    let mut words = [0; THERMAL_WORDS];
    for (number, word) in words.iter_mut().enumerate() {
        *word = call.u32(4 + 4 * number)?;
    }
    ec.settings.thermal[sensor] = words;
    Ok(Vec::new())
}

fn get_threshold(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    Ok(ec.settings.thermal[sensor(call)?]
        .map(u32::to_le_bytes)
        .concat())
}

fn sensor_info(_: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let (name, kind) = SENSORS[call.index(0, SENSORS.len())?];
    let mut reply = text::<32>(name).to_vec();
    reply.push(kind);
    Ok(reply)
}
