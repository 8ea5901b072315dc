// SPDX-License-Identifier: GPL-2.0

//! The cost of the ioctls of an event node.
//!
//! C header: `linux/input.h`.

use super::{opening::SLEEPING, Subject, LIMIT};
use crate::{
    clock::{cost, own_cost},
    table::{Line, Table},
};
use devscope_tests::pages::{ioctl_number, Pages};
use libc::{ff_effect, input_absinfo, input_id, input_keymap_entry, input_mask};
use rustix::{
    fd::OwnedFd,
    io::Errno,
    ioctl::{opcode, Opcode},
};

const E: u8 = b'E';
const SET_FF: Opcode = opcode::write::<ff_effect>(E, 0x80);
const REMOVE_FF: Opcode = opcode::write::<i32>(E, 0x81);
/// `EVIOCGRAB`.
pub const GRAB: Opcode = opcode::write::<i32>(E, 0x90);
const REVOKE: Opcode = opcode::write::<i32>(E, 0x91);
const GET_MASK: Opcode = opcode::read::<input_mask>(E, 0x92);
/// `EVIOCSMASK`.
pub const SET_MASK: Opcode = opcode::write::<input_mask>(E, 0x93);
const UNKNOWN: Opcode = opcode::none(E, 0x05);

/// A name, a number, and the memory that the argument points to, which the call leaves unchanged.
type Plain = (&'static str, Opcode, &'static [u32]);

/// The ioctls that need no special preparation.
const PLAIN: &[Plain] = &[
    ("EVIOCGVERSION", opcode::read::<i32>(E, 0x01), &[]),
    ("EVIOCGID", opcode::read::<input_id>(E, 0x02), &[]),
    ("EVIOCGREP", opcode::read::<[u32; 2]>(E, 0x03), &[]),
    ("EVIOCSREP", opcode::write::<[u32; 2]>(E, 0x03), &[250, 33]),
    ("EVIOCGNAME(256)", opcode::read::<[u8; 256]>(E, 0x06), &[]),
    ("EVIOCGPHYS(256)", opcode::read::<[u8; 256]>(E, 0x07), &[]),
    ("EVIOCGPROP(8)", opcode::read::<u64>(E, 0x09), &[]),
    ("EVIOCGBIT(0, 8)", opcode::read::<u64>(E, 0x20), &[]),
    (
        "EVIOCGBIT(EV_KEY, 96)",
        opcode::read::<[u8; 96]>(E, 0x21),
        &[],
    ),
    ("EVIOCGKEY(96)", opcode::read::<[u8; 96]>(E, 0x18), &[]),
    ("EVIOCGLED(8)", opcode::read::<u64>(E, 0x19), &[]),
    ("EVIOCGSW(8)", opcode::read::<u64>(E, 0x1b), &[]),
    (
        "EVIOCGABS(ABS_X)",
        opcode::read::<input_absinfo>(E, 0x40),
        &[],
    ),
    (
        "EVIOCSABS(ABS_X)",
        opcode::write::<input_absinfo>(E, 0xc0),
        &[0, 0, 100, 1, 1, 1],
    ),
    (
        "EVIOCGMTSLOTS, 10 slots",
        opcode::read::<[u32; 11]>(E, 0x0a),
        &[0x35],
    ),
    (
        "EVIOCGKEYCODE",
        opcode::read::<[u32; 2]>(E, 0x04),
        &[30, 30],
    ),
    (
        "EVIOCSKEYCODE",
        opcode::write::<[u32; 2]>(E, 0x04),
        &[30, 30],
    ),
    // The length of a scan code is the second byte.
    (
        "EVIOCGKEYCODE_V2",
        opcode::read::<input_keymap_entry>(E, 0x04),
        &[4 << 8, 30, 30],
    ),
    (
        "EVIOCSKEYCODE_V2",
        opcode::write::<input_keymap_entry>(E, 0x04),
        &[4 << 8, 30, 30],
    ),
    ("EVIOCGEFFECTS", opcode::read::<i32>(E, 0x84), &[]),
    ("EVIOCSCLOCKID", opcode::write::<i32>(E, 0xa0), &[1]),
];

pub fn table(it: &Subject) -> Table {
    let client = it.client();
    let mut lines: Vec<Line> = PLAIN
        .iter()
        .map(|call| Line::new(call.0, plain(&client, call)))
        .collect();
    lines.extend([
        Line::new(
            "EVIOCGMASK(EV_KEY, 96), none is set",
            mask(&client, GET_MASK),
        ),
        Line::new("EVIOCSMASK(EV_KEY, 96)", mask(&client, SET_MASK)),
        Line::new(
            "EVIOCGMASK(EV_KEY, 96), one is set",
            mask(&client, GET_MASK),
        ),
        Line::new(
            "EVIOCGRAB 1, EVIOCGRAB 0; the caller's own",
            own_cost(SLEEPING, || grab(&client)),
        ),
        Line::new("EVIOCSFF, EVIOCRMFF", effect(&client)),
        Line::new(
            "open, EVIOCREVOKE, close; the caller's own",
            own_cost(SLEEPING, || revoke(&it.client())),
        ),
        Line::new("an unknown one", unknown(&client)),
    ]);
    Table::new("Instructions of ioctls", 1, lines).limit(LIMIT)
}

fn plain(client: &OwnedFd, (what, number, words): &Plain) -> f64 {
    let memory = Pages::fresh(1);
    memory.set(0, &bytes(words));
    cost(|| {
        let result = memory.ioctl(client, *number, 0);
        assert!(result.is_ok(), "{what}: {result:?}");
    })
}

fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}

/// The mask of all keys.
fn mask(client: &OwnedFd, number: Opcode) -> f64 {
    const AT: usize = 256;
    let memory = Pages::fresh(1);
    memory.set(0, &bytes(&[1, 96]));
    memory.set(8, &(memory.addr() + AT).to_ne_bytes());
    memory.set(AT, &[0xff; 96]);
    cost(|| assert_eq!(memory.ioctl(client, number, 0), Ok(0)))
}

/// Grabs the device, and releases it.
pub fn grab(client: &OwnedFd) {
    assert_eq!(ioctl_number(client, GRAB, 1), Ok(0));
    assert_eq!(ioctl_number(client, GRAB, 0), Ok(0));
}

/// Revokes a client.
pub fn revoke(client: &OwnedFd) {
    assert_eq!(ioctl_number(client, REVOKE, 0), Ok(0));
}

/// A rumble effect, which is always the only one.
fn effect(client: &OwnedFd) -> f64 {
    // Its type, and -1 for a new one.
    const NEW: u32 = 0x50 | 0xffff << 16;
    let (memory, new) = (Pages::fresh(1), NEW.to_ne_bytes());
    cost(|| {
        memory.set(0, &new);
        assert_eq!(memory.ioctl(client, SET_FF, 0), Ok(0));
        assert_eq!(ioctl_number(client, REMOVE_FF, 0), Ok(0));
    })
}

fn unknown(client: &OwnedFd) -> f64 {
    cost(|| assert_eq!(ioctl_number(client, UNKNOWN, 0), Err(Errno::INVAL)))
}
