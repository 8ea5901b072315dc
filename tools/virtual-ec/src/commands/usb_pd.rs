// SPDX-License-Identifier: GPL-2.0

//! USB Power Delivery: a charger in the first port, nothing in the second.

use crate::ec::Ec;
use crate::status::Status;
use crate::table::{Call, Entry, both, text};

const PORTS: usize = 2;

/// `PD_POWER_CHARGING_PORT`: the port that power comes from.
const CHARGING_PORT: u8 = 0xff;

pub const COMMANDS: &[Entry] = &[
    both(0x0101, 0b111, control),
    both(0x0102, 0b1, ports),
    both(0x0103, 0b1, power_info),
];

fn ports(_: &mut Ec, _: &Call<'_>) -> Result<Vec<u8>, Status> {
    Ok(vec![PORTS as u8])
}

fn control(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let port = call.index(0, PORTS)?;
    match call.u8(1)? {
        3 => ec.settings.source[port] = false,
        4 => ec.settings.source[port] = true,
        0..=2 | 5 => {}
        _ => return Err(Status::INVALID_PARAM),
    }
    let connected = port == 0;
    // Communication is enabled; connected, capable of PD.
    let enabled = if connected { 0b111 } else { 0b001 };
    let role = u8::from(ec.settings.source[port]);
    let state = match (connected, role) {
        (false, _) => ("DRP_AUTO_TOGGLE", 0),
        (true, 0) => ("SNK_READY", 10),
        (true, _) => ("SRC_READY", 20),
    };
    let mut reply = vec![enabled, role, 0];
    if call.version == 0 {
        reply.push(state.1);
        return Ok(reply);
    }
    reply.extend(text::<32>(state.0));
    if call.version == 2 {
        // A power source is attached (or nothing), no alternate mode, a plain cable.
        reply.extend([if connected { 5 } else { 0 }, 0, 0, 0, 0, 0]);
    }
    Ok(reply)
}

/// `struct ec_response_usb_pd_power_info`.
fn power_info(_: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let port = match call.u8(0)? {
        CHARGING_PORT => 0,
        _ => call.index(0, PORTS)?,
    };
    let (role, kind, millis, watts) = match port {
        0 => (2, 1, [20_000, 19_900, 3_000, 3_000], 60),
        _ => (0, 0, [0; 4], 0),
    };
    let mut reply = vec![role, kind, 1, 0];
    reply.extend(millis.map(u16::to_le_bytes).concat());
    reply.extend((watts * 1_000_000_u32).to_le_bytes());
    Ok(reply)
}
