// SPDX-License-Identifier: GPL-2.0

//! How the calls are drawn: most are valid, and all kinds of invalid ones occur.

use super::{
    events::{bytes, packets},
    ioctls,
    kind::Kind,
    op::{Bytes, Op, Pieces, SLOTS},
};
use crate::{
    diff::{Call, Place, Random, Reading, Slot},
    evdev::{abi::EVENT_32, uinput::EVENT},
};

/// The flags that `fcntl(F_SETFL)` sets.
const FLAGS: [i32; 6] = [
    0,
    libc::O_NONBLOCK,
    libc::O_NONBLOCK,
    libc::O_NONBLOCK | libc::O_ASYNC,
    libc::O_NONBLOCK | libc::O_ASYNC,
    libc::O_APPEND | libc::O_NONBLOCK,
];

/// The largest size of one of several pieces of memory, so that they do not overlap.
const PIECE: usize = 1200;

/// The calls of a sequence.
pub fn sequence(seed: u64, number: u64) -> Vec<impl std::fmt::Debug> {
    calls(seed, number)
}

/// The same.
pub(super) fn calls(seed: u64, number: u64) -> Vec<Op> {
    let mut random = Random::new(seed, number);
    let kind = Kind::of(number);
    let mut ops = vec![open(&mut random, 0)];
    if random.one_in(3) {
        ops.push(open(&mut random, 1));
    }
    let len = match random.below(12) {
        0 => 16 + random.below(24),
        _ => 4 + random.below(12),
    };
    let goes = random.one_in(60);
    let at = random.below(len);
    for number in 0..len {
        if goes && number == at {
            ops.push(Op::Destroy);
        }
        ops.push(any(&mut random, kind));
    }
    ops
}

fn any(random: &mut Random, kind: Kind) -> Op {
    let slot = slot(random);
    match random.below(100) {
        0..4 => open(random, slot),
        4..7 => Op::Any(Call::of_descriptors(random, slot, SLOTS)),
        7..27 => Op::Inject {
            events: packets(random, kind),
            stamp: (!random.one_in(3)).then(|| random.below(900) as u16),
        },
        27..42 => read(random, slot),
        42..46 => Op::Drain { slot },
        46..55 => write(random, slot, kind),
        55..59 if kind.has_effects() => ioctls::effect(random, slot),
        55..87 => ioctls::any(random, slot),
        87..93 => Op::Any(Call::ask(random, slot)),
        93..96 => Op::Any(Call::flags(random, slot, &FLAGS)),
        // It takes long.
        96 if random.one_in(3) => Op::Any(Call::Info { slot }),
        97 => Op::Any(Call::seek(random, slot)),
        _ => Op::Any(Call::other(random, slot)),
    }
}

/// At first, only the first one is certainly open.
fn slot(random: &mut Random) -> Slot {
    random.of(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5])
}

fn open(random: &mut Random, slot: Slot) -> Op {
    let access = random.of(&[
        libc::O_RDWR,
        libc::O_RDWR,
        libc::O_RDWR,
        libc::O_RDONLY,
        libc::O_WRONLY,
    ]);
    let blocks = random.one_in(10);
    let mode = if blocks { 0 } else { libc::O_NONBLOCK };
    Op::Open {
        slot,
        flags: access | mode,
    }
}

/// The number of bytes to read or write, with events of this size.
fn len(random: &mut Random, size: usize) -> usize {
    match random.below(10) {
        0 => random.of(&[0, 1, 15, 16, 17, 23, 24, 25, 47, 48]),
        1 => random.of(&[4096, 8192, 1 << 20, 0x7fff_f000, 0x8000_0000, usize::MAX]),
        2 => random.below(200) as usize,
        3 => size * (20 + random.below(50) as usize),
        _ => size * (1 + random.below(8) as usize),
    }
}

fn read(random: &mut Random, slot: Slot) -> Op {
    if random.one_in(6) {
        let len = len(random, EVENT_32) as u32 as usize;
        return Op::ReadCompat {
            slot,
            place: Place::any(random, len.min(200) as u16),
            len,
        };
    }
    let how = match random.below(14) {
        0 => Reading::At(random.below(30) as i64 - 2),
        1 => Reading::Flags(random.of(&[0, libc::RWF_NOWAIT, libc::RWF_HIPRI, 0x4000])),
        _ => Reading::Plain,
    };
    let first = len(random, EVENT);
    Op::Read {
        slot,
        pieces: pieces(random, first),
        how,
    }
}

/// One or several pieces of memory with this length together.
fn pieces(random: &mut Random, len: usize) -> Pieces {
    let count = match random.below(6) {
        0 => random.below(5) as usize,
        _ => 1,
    };
    if count == 1 {
        return vec![(Place::any(random, len.min(200) as u16), len)];
    }
    let good = |random: &mut Random, number: usize| {
        let len = self::len(random, EVENT).min(PIECE);
        let place = Place::Good((number * (PIECE + 64)) as u16);
        (place, len)
    };
    let mut pieces: Pieces = (0..count).map(|number| good(random, number)).collect();
    // The last may be inaccessible.
    if let (Some(last), true) = (pieces.last_mut(), random.one_in(3)) {
        last.0 = Place::any(random, last.1.min(200) as u16);
    }
    if let (1.., Some(last)) = (count, pieces.last_mut()) {
        // It must not overlap the first.
        if let Place::Good(at) = &mut last.0 {
            *at = ((count - 1) * (PIECE + 64)) as u16;
        }
    }
    pieces
}

fn write(random: &mut Random, slot: Slot, kind: Kind) -> Op {
    let compat = random.one_in(6);
    let size = if compat { EVENT_32 } else { EVENT };
    let mut events = packets(random, kind);
    if random.one_in(20) {
        // More than one call accepts.
        while events.len() * size < 5000 {
            let more = packets(random, kind);
            events.extend(more);
            events.push((0, 0, 0));
        }
    }
    let mut bytes = bytes(random, &events, compat);
    bytes.truncate(8000);
    let len = match random.below(8) {
        0 => random.below(60) as usize,
        1 => bytes.len() + random.below(30) as usize,
        2 => bytes.len().saturating_sub(random.below(30) as usize),
        _ => bytes.len(),
    };
    bytes.resize(len, 0);
    let room = random.below(len.min(400) as u64 + 1) as u16;
    let place = match random.below(5) {
        0 => Place::any(random, room),
        _ => Place::Good(0),
    };
    let mut pieces = vec![(place, len)];
    if !compat && random.one_in(6) && len < 3000 {
        let cut = random.below(len as u64 + 1) as usize;
        pieces = vec![(Place::Good(0), cut), (Place::Good(3500), len - cut)];
    }
    Op::Write {
        slot,
        pieces,
        bytes: Bytes(bytes),
        compat,
    }
}
