// SPDX-License-Identifier: GPL-2.0

//! Who the EC is, and its memory.

use crate::ec::Ec;
use crate::status::Status;
use crate::table::{Call, Chip, Entry, both, main, text};

/// What `EC_CMD_HELLO` adds.
const HELLO_ADDS: u32 = 0x0102_0304;

/// `EC_IMAGE_RW`.
const IMAGE_RW: u32 = 2;

/// The largest reply of `EC_CMD_READ_TEST`, in words.
const READ_TEST_WORDS: u32 = 32;

/// Flash, fan, keyboard light, motion sensors, keyboard, thermal, host events, charger, battery,
/// USB PD, 64 host events: `enum ec_feature_code`.
const FEATURES: [&[u32]; 2] = [&[1, 2, 3, 6, 7, 10, 13, 16, 17, 22], &[33 - 32]];

/// What the second chip has: USB PD.
const PD_FEATURES: [&[u32]; 2] = [&[22], &[]];

pub const COMMANDS: &[Entry] = &[
    both(0x0001, 0b1, hello),
    both(0x0002, 0b11, version),
    both(0x0003, 0b1, read_test),
    both(0x0004, 0b1, build_info),
    both(0x0005, 0b1, chip_info),
    both(0x0006, 0b1, board_version),
    main(0x0007, 0b1, read_memmap),
    both(0x000d, 0b1, features),
];

fn hello(_: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    Ok(call.u32(0)?.wrapping_add(HELLO_ADDS).to_le_bytes().into())
}

fn name(chip: Chip) -> &'static str {
    match chip {
        Chip::Main => "virtual",
        Chip::Pd => "virtual_pd",
    }
}

fn version(_: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let of = |image| text::<32>(&format!("{}_v1.0.0-{image}", name(call.chip)));
    // Version 1 has the firmware identifiers of both images too.
    let (ro, rw) = match call.version {
        0 => ([0; 32], None),
        _ => (of("fwid-ro"), Some(of("fwid-rw"))),
    };
    let mut reply = [of("ro"), of("rw"), ro].concat();
    reply.extend(IMAGE_RW.to_le_bytes());
    reply.extend(rw.iter().flatten());
    Ok(reply)
}

fn read_test(_: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let (offset, words) = (call.u32(0)?, call.u32(4)?.div_ceil(4));
    if words > READ_TEST_WORDS {
        return Err(Status::INVALID_PARAM);
    }
    let numbers = (0..words).map(|word| offset.wrapping_add(word));
    Ok(numbers.flat_map(u32::to_le_bytes).collect())
}

fn build_info(_: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let build = format!("{}_v1.0.0 2026-01-01 00:00:00 devscope\0", name(call.chip));
    Ok(build.into_bytes())
}

fn chip_info(_: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let texts = ["devscope", name(call.chip), "r0"];
    Ok(texts.map(text::<32>).concat())
}

fn board_version(_: &mut Ec, _: &Call<'_>) -> Result<Vec<u8>, Status> {
    Ok(1_u16.to_le_bytes().into())
}

fn read_memmap(ec: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let (offset, size) = (call.u8(0)?, call.u8(1)?);
    let bytes = ec.memory.get(offset.into(), size.into());
    bytes.map(<[u8]>::to_vec).ok_or(Status::INVALID_PARAM)
}

fn features(_: &mut Ec, call: &Call<'_>) -> Result<Vec<u8>, Status> {
    let features = match call.chip {
        Chip::Main => FEATURES,
        Chip::Pd => PD_FEATURES,
    };
    let word = |bits: &[u32]| bits.iter().fold(0_u32, |word, bit| word | 1 << bit);
    Ok(features.map(word).map(u32::to_le_bytes).concat())
}
