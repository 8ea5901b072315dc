// SPDX-License-Identifier: GPL-2.0

//! How events are drawn.

use super::kind::{Events, Kind, ABS, ABS_MT_TRACKING_ID, FF, KEY, LED, REL, REP, SND, SW};
use crate::{
    diff::Random,
    evdev::{
        abi::EVENT_32,
        uinput::{encode, Event, EVENT, SYN_REPORT},
    },
};

/// The smallest repeat delay in milliseconds: longer than a sequence.
const LATE: i32 = 1_000_000;

/// A value for `EV_REP` that causes no repetition in a sequence.
pub fn late(code: u16, value: i32) -> i32 {
    match (code, value) {
        (0, 1..LATE) => value + LATE,
        _ => value,
    }
}

/// An event: most often one that the device supports.
pub fn event(random: &mut Random, kind: Kind) -> Event {
    let (kind, code) = match random.below(8) {
        0 => (
            random.of(&[0, 0, 1, 2, 3, 4, 5, 17, 18, 20, 21, 22, 23, 31, 32, 0xffff]),
            random.of(&[0, 1, 2, 3, 4, 0x2f, 0x3f, 0x40, 0x60, 0x2ff, 0x300, 0xffff]),
        ),
        _ => {
            let all = kind.events();
            let Events { kind, codes } = &all[random.below(all.len() as u64) as usize];
            (*kind, random.of(codes))
        }
    };
    let value = match random.below(10) {
        0 => random.number() as i32,
        _ => value(random, kind, code),
    };
    match kind {
        REP => (kind, code, late(code, value)),
        _ => (kind, code, value),
    }
}

/// A valid value.
fn value(random: &mut Random, kind: u16, code: u16) -> i32 {
    match kind {
        KEY => random.of(&[0, 0, 1, 1, 1, 2]),
        SW | LED => random.below(2) as i32,
        SND => random.of(&[0, 0, 1, 440]),
        REL => random.below(7) as i32 - 3,
        ABS if code == ABS_MT_TRACKING_ID => random.of(&[-1, -1, 5, 6, 7]),
        ABS => random.below(8) as i32,
        FF => random.of(&[0, 1, 2, 0x7fff, 0xffff]),
        _ => random.below(1000) as i32,
    }
}

/// Some events, most often with the end of a packet.
pub fn packets(random: &mut Random, kind: Kind) -> Vec<Event> {
    let packets = match random.below(24) {
        0 => 0,
        1..4 => 2 + random.below(6),
        // More than fit into a client's buffer.
        4 => 20 + random.below(60),
        _ => 1,
    };
    let mut events = Vec::new();
    for _ in 0..packets {
        let len = match random.below(20) {
            0 => 0,
            1 => 8 + random.below(60),
            _ => 1 + random.below(5),
        };
        // Limits the total length.
        let len = if packets > 10 { len.min(4) } else { len };
        events.extend((0..len).map(|_| event(random, kind)));
        events.push(SYN_REPORT);
    }
    match random.below(10) {
        0 => _ = events.pop(),
        1 => events.insert(0, SYN_REPORT),
        _ => (),
    }
    events
}

/// Events as programs write them, with times that the handler ignores.
pub fn bytes(random: &mut Random, events: &[Event], compat: bool) -> Vec<u8> {
    let skipped = if compat { EVENT - EVENT_32 } else { 0 };
    let bytes = |&event: &Event| {
        let mut bytes = encode(event);
        if random.one_in(4) {
            bytes[..EVENT - 8].copy_from_slice(&random.bytes(EVENT - 8));
        }
        bytes[skipped..].to_vec()
    };
    events.iter().flat_map(bytes).collect()
}
