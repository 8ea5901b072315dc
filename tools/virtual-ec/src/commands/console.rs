// SPDX-License-Identifier: GPL-2.0

//! The EC's console: a snapshot is taken, and read in pieces up to an empty one.

use crate::ec::Ec;
use crate::packet::MAX_DATA;
use crate::status::Status;
use crate::table::{Call, Entry, main};

/// What it says after power-on.
pub const START: &str = "[0.000 virtual EC, image RW]\n[0.001 hello, host]\n";

pub const COMMANDS: &[Entry] = &[main(0x0097, 0b1, snapshot), main(0x0098, 0b11, read)];

fn snapshot(ec: &mut Ec, _: &Call<'_>) -> Result<Vec<u8>, Status> {
    ec.console_read = 0;
    Ok(Vec::new())
}

fn read(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    if call.version == 1 && call.u8(0)? > 1 {
        return Err(Status::INVALID_PARAM);
    }
    let rest = ec
        .console
        .as_bytes()
        .get(ec.console_read..)
        .unwrap_or_default();
    let mut piece = rest[..rest.len().min(MAX_DATA - 1)].to_vec();
    ec.console_read += piece.len();
    piece.push(0);
    Ok(piece)
}
