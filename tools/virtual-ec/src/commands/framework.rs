// SPDX-License-Identifier: GPL-2.0

//! What Framework's laptops have beside the ChromeOS commands; `framework_tool` asks for it.

use crate::ec::Ec;
use crate::status::Status;
use crate::table::{Call, Entry, main};

/// The microphone is connected, the camera is not.
const PRIVACY: [u8; 2] = [1, 0];

/// The chassis was ever opened, the coin cell never removed; how often it was opened, and how often
/// while off.
const INTRUSION: [u8; 4] = [1, 0, 3, 1];

pub const COMMANDS: &[Entry] = &[
    main(0x3e01, 0b1, flash_notified),
    main(0x3e03, 0b1, charge_limit),
    main(0x3e09, 0b1, |_, _| Ok(INTRUSION.into())),
    // The chassis is closed.
    main(0x3e0f, 0b1, |_, _| Ok(vec![0])),
    main(0x3e14, 0b1, |_, _| Ok(PRIVACY.into())),
    // The battery is not cut off.
    main(0x3e21, 0b1, |_, _| Ok(vec![0])),
];

/// The host is about to use the flash, or no longer is.
fn flash_notified(_: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    call.u8(0)?;
    Ok(Vec::new())
}

/// Sets (2) or returns (8) the highest and lowest charge in percent.
fn charge_limit(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    match call.u8(0)? {
        2 => {
            ec.settings.charge_limit = [call.u8(1)?, call.u8(2)?];
            Ok(Vec::new())
        }
        8 => Ok(ec.settings.charge_limit.into()),
        _ => Err(Status::INVALID_PARAM),
    }
}
