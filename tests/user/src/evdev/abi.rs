// SPDX-License-Identifier: GPL-2.0

//! The `ioctl()` numbers of `/dev/input/eventN`, and its structures as bytes.
//!
//! C header: `linux/input.h`.

use libc::{ff_effect, input_absinfo, input_id, input_keymap_entry, input_mask};
use rustix::ioctl::{opcode, Opcode};

/// The type of all numbers.
pub const GROUP: u8 = b'E';

/// `EVIOCGVERSION`
pub const GET_VERSION: Opcode = opcode::read::<i32>(GROUP, 0x01);
/// `EVIOCGID`
pub const GET_ID: Opcode = opcode::read::<input_id>(GROUP, 0x02);
/// `EVIOCGREP`
pub const GET_REPEAT: Opcode = opcode::read::<[u32; 2]>(GROUP, 0x03);
/// `EVIOCSREP`
pub const SET_REPEAT: Opcode = opcode::write::<[u32; 2]>(GROUP, 0x03);
/// `EVIOCGKEYCODE`
pub const GET_KEYCODE: Opcode = opcode::read::<[u32; 2]>(GROUP, 0x04);
/// `EVIOCGKEYCODE_V2`
pub const GET_KEYCODE_V2: Opcode = opcode::read::<input_keymap_entry>(GROUP, 0x04);
/// `EVIOCSKEYCODE`
pub const SET_KEYCODE: Opcode = opcode::write::<[u32; 2]>(GROUP, 0x04);
/// `EVIOCSKEYCODE_V2`
pub const SET_KEYCODE_V2: Opcode = opcode::write::<input_keymap_entry>(GROUP, 0x04);
/// `EVIOCSFF`
pub const SEND_EFFECT: Opcode = opcode::write::<ff_effect>(GROUP, 0x80);
/// `EVIOCSFF` of 32-bit programs.
pub const SEND_EFFECT_32: Opcode = opcode::write::<[u8; EFFECT_32]>(GROUP, 0x80);
/// `EVIOCRMFF`
pub const REMOVE_EFFECT: Opcode = opcode::write::<i32>(GROUP, 0x81);
/// `EVIOCGEFFECTS`
pub const GET_EFFECTS: Opcode = opcode::read::<i32>(GROUP, 0x84);
/// `EVIOCGRAB`
pub const GRAB: Opcode = opcode::write::<i32>(GROUP, 0x90);
/// `EVIOCREVOKE`
pub const REVOKE: Opcode = opcode::write::<i32>(GROUP, 0x91);
/// `EVIOCGMASK`
pub const GET_MASK: Opcode = opcode::read::<input_mask>(GROUP, 0x92);
/// `EVIOCSMASK`
pub const SET_MASK: Opcode = opcode::write::<input_mask>(GROUP, 0x93);
/// `EVIOCSCLOCKID`
pub const SET_CLOCK: Opcode = opcode::write::<i32>(GROUP, 0xa0);

/// The size of a `struct ff_effect`.
pub const EFFECT: usize = size_of::<ff_effect>();
/// Its size in 32-bit programs: the last field is a pointer.
pub const EFFECT_32: usize = EFFECT - 4;

/// The size of a `struct input_event` of 32-bit programs: its times have four bytes.
pub const EVENT_32: usize = 16;

/// A number that contains the size of the caller's buffer.
const fn sized(number: u8, size: u16) -> Opcode {
    opcode::read::<()>(GROUP, number) | (size as Opcode & 0x3fff) << 16
}

/// Requests with a buffer of any size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Sized {
    /// `EVIOCGNAME`
    Name = 0x06,
    /// `EVIOCGPHYS`
    Phys = 0x07,
    /// `EVIOCGUNIQ`
    Uniq = 0x08,
    /// `EVIOCGPROP`
    Properties = 0x09,
    /// `EVIOCGMTSLOTS`
    Slots = 0x0a,
    /// `EVIOCGKEY`
    Keys = 0x18,
    /// `EVIOCGLED`
    Leds = 0x19,
    /// `EVIOCGSND`
    Sounds = 0x1a,
    /// `EVIOCGSW`
    Switches = 0x1b,
}

impl Sized {
    /// The number for a buffer of `size` bytes.
    pub const fn get(self, size: u16) -> Opcode {
        sized(self as u8, size)
    }
}

/// `EVIOCGBIT`
pub const fn get_bits(kind: u8, size: u16) -> Opcode {
    sized(0x20 + kind, size)
}

/// `EVIOCGABS`
pub const fn get_axis(axis: u8) -> Opcode {
    opcode::read::<input_absinfo>(GROUP, 0x40 + axis)
}

/// `EVIOCSABS`
pub const fn set_axis(axis: u8) -> Opcode {
    opcode::write::<input_absinfo>(GROUP, 0xc0 + axis)
}

/// A number with another size.
pub const fn resized(number: Opcode, size: u16) -> Opcode {
    number & !(0x3fff << 16) | (size as Opcode & 0x3fff) << 16
}

/// The type, the number, and the size of a number.
pub const fn parts(number: Opcode) -> (u8, u8, u16) {
    (
        (number >> 8) as u8,
        number as u8,
        (number >> 16) as u16 & 0x3fff,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(GET_VERSION, 0x8004_4501);
        assert_eq!(GET_KEYCODE_V2, 0x8028_4504);
        assert_eq!(SEND_EFFECT, 0x4030_4580);
        assert_eq!(SEND_EFFECT_32, 0x402c_4580);
        assert_eq!(GET_MASK, 0x8010_4592);
        assert_eq!(Sized::Name.get(256), 0x8100_4506);
        assert_eq!(get_bits(1, 96), 0x8060_4521);
        assert_eq!(get_axis(0x2f), 0x8018_456f);
        assert_eq!(set_axis(0x2f), 0x4018_45ef);
        assert_eq!(resized(SEND_EFFECT, 44), SEND_EFFECT_32);
        assert_eq!(parts(SEND_EFFECT), (b'E', 0x80, 48));
    }
}
