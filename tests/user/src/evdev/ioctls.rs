// SPDX-License-Identifier: GPL-2.0

//! All ioctls of an event node, and functions for those that most tests use.

use super::abi::{self, get_axis, get_bits, set_axis, Sized};
use crate::pages::{ioctl_number, Pages};
use rustix::{fd::AsFd, io, ioctl::Opcode};

/// `EVIOCGNAME(64)`.
pub const NAME: Opcode = Sized::Name.get(64);
/// `EVIOCGKEY(96)`, which is all of them.
pub const KEYS: Opcode = Sized::Keys.get(96);
/// `EVIOCGMTSLOTS` of ten slots.
pub const SLOTS: Opcode = Sized::Slots.get(44);

/// Those whose argument is a pointer.
pub const WITH_POINTER: [Opcode; 26] = [
    abi::GET_VERSION,
    abi::GET_ID,
    abi::GET_REPEAT,
    abi::SET_REPEAT,
    abi::GET_KEYCODE,
    abi::GET_KEYCODE_V2,
    abi::SET_KEYCODE,
    abi::SET_KEYCODE_V2,
    abi::SEND_EFFECT,
    abi::GET_EFFECTS,
    abi::GET_MASK,
    abi::SET_MASK,
    abi::SET_CLOCK,
    NAME,
    Sized::Phys.get(64),
    Sized::Uniq.get(64),
    Sized::Properties.get(8),
    SLOTS,
    KEYS,
    Sized::Leds.get(8),
    Sized::Sounds.get(8),
    Sized::Switches.get(8),
    get_bits(0, 8),
    get_bits(1, 96),
    get_axis(0),
    set_axis(0),
];

/// Those whose argument is a number.
pub const WITH_NUMBER: [Opcode; 3] = [abi::REMOVE_EFFECT, abi::GRAB, abi::REVOKE];

/// Grabs the device for this file.
///
/// # Errors
///
/// EBUSY if another file has grabbed it.
pub fn grab(fd: impl AsFd) -> io::Result<()> {
    ioctl_number(fd, abi::GRAB, 1).map(drop)
}

/// Releases the device to all files.
///
/// # Errors
///
/// EINVAL if this file has not grabbed it.
pub fn ungrab(fd: impl AsFd) -> io::Result<()> {
    ioctl_number(fd, abi::GRAB, 0).map(drop)
}

/// Revokes this file.
///
/// # Errors
///
/// ENODEV if it was revoked already, or the device is gone.
pub fn revoke(fd: impl AsFd) -> io::Result<()> {
    ioctl_number(fd, abi::REVOKE, 0).map(drop)
}

/// The name of the device.
///
/// # Errors
///
/// ENODEV if it is gone.
pub fn name(fd: impl AsFd) -> io::Result<String> {
    let pages = Pages::fresh(1);
    let len = pages.ioctl(fd, NAME, 0)?;
    let bytes = pages.get(0, len.saturating_sub(1));
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
