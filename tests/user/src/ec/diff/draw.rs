// SPDX-License-Identifier: GPL-2.0

//! How the calls are drawn: most are valid, and all kinds of invalid ones occur.

use super::op::{Op, SLOTS};
use crate::{
    diff::{harmless, some_bytes, Call, Place, Random, Reading, Slot, GENERIC_IOCTLS},
    ec::{script::COMMAND, EVENT_MASK, GET_VERSION, HELLO, READ_MEMORY, TRANSFER},
};

/// `EC_RES_IN_PROGRESS`, for which the core waits.
const IN_PROGRESS: u16 = 8;
/// The type of event with flags for the core itself, and the flag that makes it start over.
const HOST_EVENT: u8 = 1;
const INTERFACE_READY: u8 = 1 << 5;

/// The calls of a sequence.
pub fn sequence(seed: u64, number: u64) -> Vec<Op> {
    let mut random = Random::new(seed, number);
    let mut ops = vec![open(&mut random, 0), open(&mut random, 1)];
    match random.below(60) {
        0 => flood(&mut random, &mut ops),
        1..25 => ops.extend([ALL_EVENTS, raise(&mut random)]),
        _ => (),
    }
    let len = 8 + random.below(11);
    // Few sequences unbind the device, since that takes long.
    let unbinds = random.one_in(20);
    for _ in 0..len {
        let op = match random.below(if unbinds { 112 } else { 100 }) {
            100.. => binding(&mut random),
            _ => any(&mut random),
        };
        ops.push(op);
    }
    ops
}

fn any(random: &mut Random) -> Op {
    let slot = slot(random);
    match random.below(100) {
        0..4 => open(random, slot),
        4..8 => Op::Any(Call::of_descriptors(random, slot, SLOTS)),
        8..30 => transfer(random, slot),
        30..38 => read_memory(random, slot),
        38..46 => mask(random, slot),
        46..49 => other_ioctl(random, slot),
        49..52 => fail(random),
        52..53 => Op::Memory {
            offset: random.below(250) as u16,
            data: some_bytes(random, 5),
        },
        53..66 => raise(random),
        66..82 => read(random, slot),
        82..83 => Op::Drain { slot },
        83..84 => Op::Write {
            slot,
            pieces: random.below(3) as usize,
        },
        84..85 => Op::Any(Call::seek(random, slot)),
        85..92 => Op::Any(Call::ask(random, slot)),
        92..95 => Op::Any(Call::flags(random, slot, &FLAGS)),
        95..97 => Op::Any(Call::Info { slot }),
        _ => Op::Any(Call::other(random, slot)),
    }
}

/// The flags that `fcntl(F_SETFL)` sets.
const FLAGS: [i32; 4] = [0, libc::O_NONBLOCK, libc::O_NONBLOCK, libc::O_APPEND];

/// Makes the first file get all events.
const ALL_EVENTS: Op = Op::Mask {
    slot: 0,
    mask: u64::MAX,
    compat: false,
};

/// More events than the limit of unread events, of one size or of two.
fn flood(random: &mut Random, ops: &mut Vec<Op>) {
    let mut event = |times| {
        let len = random.below(17) as usize;
        Op::Raise {
            kind: 2 + random.below(30) as u8,
            data: random.bytes(len),
            times,
        }
    };
    ops.push(ALL_EVENTS);
    ops.extend([event(40), event(100), event(1)]);
    ops.push(Op::Drain { slot: 0 });
    ops.extend([event(3), Op::Drain { slot: 0 }]);
}

/// At first, only the first two are certainly open.
fn slot(random: &mut Random) -> Slot {
    random.of(&[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 3])
}

fn open(random: &mut Random, slot: Slot) -> Op {
    let access = random.of(&[libc::O_RDWR, libc::O_RDWR, libc::O_RDONLY, libc::O_WRONLY]);
    let access = if random.one_in(3) {
        libc::O_RDWR
    } else {
        access
    };
    let mode = random.of(&[0, libc::O_NONBLOCK, libc::O_NONBLOCK, libc::O_APPEND]);
    Op::Open {
        slot,
        node: usize::from(random.one_in(4)),
        flags: access | mode,
    }
}

fn binding(random: &mut Random) -> Op {
    let node = usize::from(random.one_in(4));
    match random.below(3) {
        0 => Op::Bind { node },
        _ => Op::Unbind { node },
    }
}

fn transfer(random: &mut Random, slot: Slot) -> Op {
    let (command, mut data, reply) = match random.below(10) {
        0..3 => (HELLO, random.bytes(4), 4),
        3 => (GET_VERSION, Vec::new(), 100),
        // EC_CMD_READ_TEST
        4 => {
            let size = 4 * random.below(34) as u32;
            let data = [random.number() as u32, size].map(u32::to_le_bytes);
            (3, data.concat(), size)
        }
        // EC_CMD_TEST_PROTOCOL
        5..7 => {
            let result = random.of(&[0, 0, 0, 1, 3, 4, 16, 20, 0x55, 0x1_0003]);
            let len = random.below(40) as u32;
            let mut data = [result, len].map(u32::to_le_bytes).concat();
            data.extend(random.bytes(32));
            (0xa, data, len.min(32))
        }
        // EC_CMD_GET_NEXT_EVENT: one that the core does not see.
        7 => (0x67, Vec::new(), 19),
        8 => (0xb, Vec::new(), 12),
        _ => (random.number() as u32 & 0xffff, some_bytes(random, 300), 0),
    };
    let command = match random.below(20) {
        0 => command + 0x4000,
        1 => command.wrapping_add(random.number() as u32 & 0x7fff_0000),
        _ => command,
    };
    if random.one_in(12) {
        data = some_bytes(random, 400);
    }
    // Random commands must not change the script.
    let command = match command & 0x3fff {
        COMMAND => command ^ 1,
        _ => command,
    };
    let outsize = size(random, data.len() as u32);
    let insize = size(random, reply);
    let version = random.of(&[0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0x100, u32::MAX]);
    let result = random.of(&[0, 0, 0, 0, 1, 0xffff, u32::MAX]);
    let room = 20 + data.len().max(reply as usize) as u16;
    Op::Transfer {
        slot,
        place: Place::any(random, room),
        header: [version, command, outsize, insize, result],
        data,
        compat: random.one_in(5),
    }
}

/// Most often the right size.
fn size(random: &mut Random, right: u32) -> u32 {
    match random.below(12) {
        0 => right.saturating_sub(random.below(5) as u32),
        1 => right + random.below(5) as u32,
        2 => random.of(&[0, 1, 247, 248, 249, 256]),
        3 => random.of(&[
            0xffff,
            0x1_0000,
            0x1_0001,
            0x7fff_ffff,
            0x8000_0000,
            u32::MAX,
        ]),
        4 => random.below(300) as u32,
        _ => right,
    }
}

fn read_memory(random: &mut Random, slot: Slot) -> Op {
    let offset = match random.below(8) {
        0..4 => random.below(256) as u32,
        4..6 => random.of(&[0x20, 0x60, 0x68, 0x80, 0xf0, 253, 254, 255]),
        6 => random.below(600) as u32,
        _ => random.of(&[256, 0x1_0000, 0x8000_0000, u32::MAX, u32::MAX - 1]),
    };
    let bytes = match random.below(8) {
        0..2 => 0,
        2..5 => random.below(32) as u32,
        5 => 255u32.saturating_sub(offset & 0xff),
        6 => random.of(&[1, 254, 255, 256, 257, 0x8000_0000, u32::MAX]),
        _ => random.below(300) as u32,
    };
    Op::ReadMemory {
        slot,
        place: Place::any(random, 264),
        offset,
        bytes,
        compat: random.one_in(5),
    }
}

fn mask(random: &mut Random, slot: Slot) -> Op {
    let mask = match random.below(10) {
        0 => 0,
        1..3 => 1 << random.below(32),
        3 => 1 << random.below(64),
        4 => random.number() & 0xffff_ffff_0000_0000,
        5 => random.number(),
        6 => u64::from(u32::MAX),
        _ => u64::MAX,
    };
    Op::Mask {
        slot,
        mask,
        compat: random.one_in(8),
    }
}

fn other_ioctl(random: &mut Random, slot: Slot) -> Op {
    let right = random.of(&[TRANSFER, READ_MEMORY, EVENT_MASK]);
    let number = match random.below(8) {
        // Old versions of the interface: 0xec01 and 0xec02 with other sizes, and earlier ':'.
        0 => random.of(&[0xc014_3a00, 0xc108_3a01, 0x3a02, 0xc010_ec00, 0xc10c_ec01]),
        // Another size, direction, type or number.
        1 => right ^ (1 + random.below(0x3fff) as u32) << 16,
        2 => right ^ (1 + random.below(3) as u32) << 30,
        3 => right ^ (1 + random.below(0xff) as u32) << 8,
        4 => right ^ (1 + random.below(0xff) as u32),
        5 => random.of(&GENERIC_IOCTLS),
        6 => 0xec00 | random.below(8) as u32,
        _ => random.number() as u32,
    };
    Op::Ioctl {
        slot,
        number: harmless(number),
        place: Place::any(random, 64),
        compat: random.one_in(4),
    }
}

fn fail(random: &mut Random) -> Op {
    let result = random.below(0x18) as u16;
    // Each of them costs 10 ms.
    let result = match result == IN_PROGRESS && !random.one_in(3) {
        true => 0x1234,
        false => result,
    };
    Op::Fail {
        count: 1 + random.below(2) as u32,
        result,
    }
}

fn raise(random: &mut Random) -> Op {
    let kind = random.below(32) as u8;
    let len = match kind {
        HOST_EVENT if !random.one_in(8) => 4,
        _ => random.below(17) as usize,
    };
    let mut data = random.bytes(len);
    if kind == HOST_EVENT && len > 1 {
        data[1] &= !INTERFACE_READY;
    }
    let times = match random.below(200) {
        // More than the limit of unread events.
        0 => 80 + random.below(70) as u16,
        1..60 => 1 + random.below(5) as u16,
        _ => 1,
    };
    Op::Raise { kind, data, times }
}

fn read(random: &mut Random, slot: Slot) -> Op {
    let how = match random.below(12) {
        0 => Reading::At(random.below(30) as i64 - 2),
        1 => Reading::Flags(random.of(&[0, libc::RWF_NOWAIT, libc::RWF_HIPRI, 0x4000])),
        _ => Reading::Plain,
    };
    let count = match random.below(6) {
        0 => random.below(5),
        _ => 1,
    };
    let piece = |random: &mut Random| {
        let len = match random.below(8) {
            0 => 0,
            1 => 1,
            2 => random.of(&[106, 107, 4096, 8192, 1 << 20, 0x7fff_f000, 0x8000_0000]),
            3 => random.of(&[1 << 47, usize::MAX, usize::MAX >> 1]),
            4..6 => 1 + random.below(17) as usize,
            _ => random.below(120) as usize,
        };
        let room = random.below(len.min(120) as u64 + 1) as u16;
        (Place::any(random, room), len)
    };
    Op::Read {
        slot,
        pieces: (0..count).map(|_| piece(random)).collect(),
        how,
    }
}
