// SPDX-License-Identifier: GPL-2.0

//! How `ioctl()`s are drawn: all of them, valid and invalid.

use super::{
    events::late,
    op::{Argument, Bytes, Number, Op},
};
use crate::{
    diff::{harmless, some_bytes, Place, Random, Slot, GENERIC_IOCTLS},
    evdev::abi::{self, Sized},
};
use rustix::ioctl::Opcode;

/// An `ioctl()` of the file.
pub fn any(random: &mut Random, slot: Slot) -> Op {
    if random.one_in(6) {
        return mask(random, slot);
    }
    let compat = random.one_in(5);
    let (number, argument) = match random.below(24) {
        0..4 => state(random),
        4..7 => bits(random),
        7..9 => text(random),
        9..12 => axis(random),
        12 | 13 => fixed(random),
        14 => repeat(random),
        15..17 => keycode(random),
        17..19 => force(random, compat),
        19..21 => access(random),
        21 => clock(random),
        22 => slots(random),
        _ => wrong(random),
    };
    Op::Ioctl {
        slot,
        number: Number(number),
        argument,
        compat,
    }
}

/// An `ioctl()` for force feedback effects.
pub fn effect(random: &mut Random, slot: Slot) -> Op {
    let compat = random.one_in(5);
    let (number, argument) = force(random, compat);
    Op::Ioctl {
        slot,
        number: Number(number),
        argument,
        compat,
    }
}

/// A pointer to bytes, or an invalid one.
fn at(random: &mut Random, bytes: Vec<u8>) -> Argument {
    let place = Place::any(random, bytes.len().min(300) as u16);
    Argument::At(place, Bytes(bytes))
}

/// A pointer to a buffer of this size, or an invalid one.
fn room(random: &mut Random, size: u16) -> Argument {
    let place = Place::any(random, size.min(100));
    Argument::At(place, Bytes::default())
}

/// A size for a value of `right` bytes.
fn size(random: &mut Random, right: u16) -> u16 {
    match random.below(8) {
        0 => random.of(&[0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 23, 24, 25]),
        1 => random.of(&[right.saturating_sub(1), right + 1, right + 8, 0x100]),
        2 => random.of(&[0x400, 0x1000, 0x3fff]),
        _ => right,
    }
}

/// The state of keys, LEDs, sounds, switches: these requests remove the pending events of the type.
fn state(random: &mut Random) -> (Opcode, Argument) {
    let (what, right) = random.of(&[
        (Sized::Keys, 96),
        (Sized::Keys, 96),
        (Sized::Leds, 8),
        (Sized::Leds, 2),
        (Sized::Sounds, 8),
        (Sized::Switches, 8),
        (Sized::Properties, 8),
    ]);
    let size = size(random, right);
    (what.get(size), room(random, size.min(right)))
}

/// The types and codes of events that the device supports.
fn bits(random: &mut Random) -> (Opcode, Argument) {
    let kind = match random.below(5) {
        0 => random.below(0x20) as u8,
        _ => random.of(&[0, 1, 2, 3, 4, 5, 0x11, 0x12, 0x14, 0x15, 0x16, 0x17, 0x1f]),
    };
    let right = if kind == 1 { 96 } else { 8 };
    let size = size(random, right);
    (abi::get_bits(kind, size), room(random, size.min(right)))
}

fn text(random: &mut Random) -> (Opcode, Argument) {
    let what = random.of(&[Sized::Name, Sized::Phys, Sized::Uniq]);
    let size = size(random, 18);
    (what.get(size), room(random, size.min(18)))
}

fn axis(random: &mut Random) -> (Opcode, Argument) {
    let axis = match random.below(4) {
        0 => random.below(0x40) as u8,
        _ => random.of(&[0, 1, 2, 0x18, 0x2f, 0x30, 0x35, 0x39, 0x3f]),
    };
    let size = size(random, 24);
    if random.one_in(2) {
        let number = abi::resized(abi::get_axis(axis), size);
        return (number, room(random, size.min(24)));
    }
    let field = |random: &mut Random| match random.below(6) {
        0 => random.number() as i32,
        _ => random.below(40) as i32 - 10,
    };
    let bytes: Vec<u8> = (0..6)
        .flat_map(|_| field(random).to_ne_bytes())
        .take(size.into())
        .collect();
    (abi::resized(abi::set_axis(axis), size), at(random, bytes))
}

/// Requests with a fixed size.
fn fixed(random: &mut Random) -> (Opcode, Argument) {
    let number = random.of(&[
        abi::GET_VERSION,
        abi::GET_ID,
        abi::GET_REPEAT,
        abi::GET_EFFECTS,
    ]);
    let (_, _, right) = abi::parts(number);
    if random.one_in(6) {
        let size = size(random, right);
        return (abi::resized(number, size), room(random, right));
    }
    (number, room(random, right))
}

fn repeat(random: &mut Random) -> (Opcode, Argument) {
    if random.one_in(3) {
        return (abi::GET_REPEAT, room(random, 8));
    }
    let mut value = |code| {
        let value = match random.below(4) {
            0 => random.number() as i32,
            1 => 0,
            _ => random.below(500) as i32,
        };
        late(code, value).to_ne_bytes()
    };
    let bytes = [value(0), value(1)].concat();
    (abi::SET_REPEAT, at(random, bytes))
}

fn keycode(random: &mut Random) -> (Opcode, Argument) {
    let scan = match random.below(6) {
        0 => random.of(&[255, 256, 0x300, u32::MAX]),
        _ => random.below(40) as u32,
    };
    let code = match random.below(6) {
        0 => random.of(&[0x2ff, 0x300, 0xffff, u32::MAX]),
        _ => random.below(60) as u32,
    };
    if random.one_in(2) {
        let number = random.of(&[abi::GET_KEYCODE, abi::SET_KEYCODE]);
        let bytes = [scan, code].map(u32::to_ne_bytes).concat();
        return (number, at(random, bytes));
    }
    let number = random.of(&[abi::GET_KEYCODE_V2, abi::SET_KEYCODE_V2]);
    let flags = random.of(&[0, 0, 0, 1, 1, 2, 3, 0xff]);
    let len = random.of(&[1, 2, 4, 4, 4, 4, 0, 3, 5, 8, 31, 32, 33, 255]);
    let mut bytes = vec![flags, len];
    bytes.extend((random.below(300) as u16).to_ne_bytes());
    bytes.extend(code.to_ne_bytes());
    bytes.extend(scan.to_ne_bytes());
    bytes.extend(random.bytes(28));
    (number, at(random, bytes))
}

/// Effects: sent and removed.
fn force(random: &mut Random, compat: bool) -> (Opcode, Argument) {
    if random.one_in(3) {
        let id = random.of(&[0, 0, 1, 2, 3, 4, 16, 95, 96, u64::MAX, u32::MAX.into()]);
        return (abi::REMOVE_EFFECT, Argument::Number(id));
    }
    let right = match compat ^ random.one_in(12) {
        true => abi::SEND_EFFECT_32,
        false => abi::SEND_EFFECT,
    };
    let number = match random.below(10) {
        0 => abi::resized(right, random.below(100) as u16),
        _ => right,
    };
    let mut bytes = match random.below(3) {
        0 => random.bytes(abi::EFFECT),
        _ => vec![0; abi::EFFECT],
    };
    let kind: u16 = match random.below(8) {
        0 => random.of(&[0, 0x4f, 0x58, 0x5d, 0x60, 0xffff]),
        _ => 0x50 + random.below(8) as u16,
    };
    let id: i16 = random.of(&[-1, -1, -1, -1, 0, 1, 2, 4, 16, -2, i16::MAX]);
    bytes[..2].copy_from_slice(&kind.to_ne_bytes());
    bytes[2..4].copy_from_slice(&id.to_ne_bytes());
    bytes[10] = random.below(30) as u8;
    // FF_PERIODIC has a waveform.
    if kind == 0x51 {
        bytes[16..18].copy_from_slice(&(0x57 + random.below(8) as u16).to_ne_bytes());
    }
    (number, at(random, bytes))
}

/// Grabs and revocations.
fn access(random: &mut Random) -> (Opcode, Argument) {
    match random.below(12) {
        0 => (
            abi::REVOKE,
            Argument::Number(random.of(&[0, 0, 1, u64::MAX])),
        ),
        1 => (abi::GRAB, room(random, 4)),
        2 => (abi::REVOKE, Argument::At(Place::Good(0), Bytes::default())),
        _ => (abi::GRAB, Argument::Number(random.of(&[0, 1, 1, 1 << 32]))),
    }
}

fn clock(random: &mut Random) -> (Opcode, Argument) {
    let clock = random.of(&[0, 1, 1, 7, 7, 2, 3, 4, 5, 6, 8, 9, 11, -1, i32::MIN]);
    (abi::SET_CLOCK, at(random, clock.to_ne_bytes().to_vec()))
}

/// The values of multitouch slots.
fn slots(random: &mut Random) -> (Opcode, Argument) {
    let code: u32 = match random.below(4) {
        0 => random.of(&[0, 0x2f, 0x3e, 0x3f, 0x40, u32::MAX]),
        _ => random.of(&[0x30, 0x35, 0x36, 0x39]),
    };
    let size = size(random, 24);
    let size = if random.one_in(4) { 64 } else { size };
    let mut bytes = code.to_ne_bytes().to_vec();
    bytes.extend(random.bytes(usize::from(size.min(60))));
    (Sized::Slots.get(size), at(random, bytes))
}

/// Unknown requests, or ones with another size, direction, type or number.
fn wrong(random: &mut Random) -> (Opcode, Argument) {
    let right = random.of(&[
        abi::GET_VERSION,
        abi::GET_KEYCODE_V2,
        abi::SET_KEYCODE,
        abi::GRAB,
        abi::GET_MASK,
        abi::SET_CLOCK,
        abi::get_bits(1, 96),
        abi::get_axis(1),
        abi::set_axis(1),
        Sized::Name.get(30),
        Sized::Keys.get(96),
        abi::SEND_EFFECT,
    ]);
    let number = match random.below(8) {
        0 | 1 => right ^ (1 + random.below(0x3fff) as u32) << 16,
        2 => right ^ (1 + random.below(3) as u32) << 30,
        3 => right ^ (1 + random.below(0xff) as u32) << 8,
        4 => right ^ (1 + random.below(0xff) as u32),
        5 => random.of(&GENERIC_IOCTLS),
        6 => 0x4500 | random.number() as u32 & 0xffff_00ff,
        _ => random.number() as u32,
    };
    let mut number = harmless(number);
    // This would make keys repeat soon.
    if number == abi::SET_REPEAT {
        number = abi::GET_REPEAT;
    }
    let bytes = some_bytes(random, 64);
    (number, at(random, bytes))
}

/// The mask of a client.
fn mask(random: &mut Random, slot: Slot) -> Op {
    let kind = match random.below(8) {
        0 => random.of(&[6, 0x13, 0x14, 0x16, 0x1f, 0x20, 0x100, u32::MAX]),
        _ => random.of(&[0, 0, 1, 1, 2, 3, 4, 5, 0x11, 0x12, 0x15]),
    };
    let right = if kind == 1 { 96 } else { 8 };
    let size = match random.below(8) {
        0 => random.of(&[0, 1, 2, 3, 5, 6, 12, 95, 97, 100, 104]),
        1 => random.of(&[0x1000, 0x3000, 0x8000_0000, u32::MAX, u32::MAX - 7]),
        2 | 3 => random.of(&[4, 8, 16, 92, 96]),
        _ => right,
    };
    let mut bytes = match random.below(3) {
        0 => vec![0xff; size.min(128) as usize],
        1 => vec![0; size.min(128) as usize],
        _ => random.bytes(size.min(128) as usize),
    };
    // The mask of types, which lets most events pass.
    if kind == 0 && random.one_in(2) {
        bytes.iter_mut().for_each(|byte| *byte |= 0x0f);
    }
    let room = size.min(128) as u16;
    Op::Mask {
        slot,
        set: random.one_in(2),
        kind,
        size,
        codes: Place::any(random, room),
        bytes: Bytes(bytes),
        compat: random.one_in(4),
    }
}
