// SPDX-License-Identifier: GPL-2.0

//! Motion sensors: two accelerometers, in the base and in the lid.

use crate::ec::Ec;
use crate::memory::ACCELERATION;
use crate::status::Status;
use crate::table::{Call, Entry, main};

/// `EC_MEMMAP_ACC_DATA` of the first accelerometer.
const DATA: usize = 0x94;
/// The size of its three axes.
const AXES: usize = 6;

/// `MOTIONSENSE_MODULE_FLAG_ACTIVE`, `MOTIONSENSE_SENSOR_FLAG_PRESENT`.
const ACTIVE: u8 = 1;
const PRESENT: u8 = 1;

pub const COMMANDS: &[Entry] = &[main(0x002b, 0b110, motion_sense)];

fn motion_sense(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    const SENSORS: usize = ACCELERATION.len();
    match call.u8(0)? {
        0 => {
            let count = usize::from(call.u8(1)?).min(SENSORS);
            let mut reply = vec![ACTIVE, SENSORS as u8];
            for number in 0..count {
                reply.extend(data(ec, number));
            }
            Ok(reply)
        }
        // An accelerometer (0), in the base (0) or the lid (1), KXCJ9 (0).
        1 => Ok(vec![0, call.index(1, SENSORS)? as u8, 0]),
        6 => {
            let number = call.index(1, SENSORS)?;
            Ok(data(ec, number))
        }
        _ => Err(Status::INVALID_PARAM),
    }
}

/// `struct ec_response_motion_sensor_data`, as the memory map has it.
fn data(ec: &Ec, number: usize) -> Vec<u8> {
    let axes = ec.memory.get(DATA + number * AXES, AXES);
    let mut data = vec![PRESENT, number as u8];
    data.extend(axes.unwrap_or(&[0; AXES]));
    data
}
