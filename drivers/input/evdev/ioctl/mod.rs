// SPDX-License-Identifier: GPL-2.0

//! The ioctls.
//!
//! The number of a command has a size in it. For many commands any size is good: it is how much room
//! the caller has.

mod masks;

use crate::client::Client;
use devscope::prelude::*;
use devscope_input::{
    bindings::*,
    ff::Effect,
    AbsInfo,
    Bits,
    Clock,
    Device,
    KeymapEntry,
    State,
    Words, //
};
use kernel::{
    ioctl::{_IOC_DIR, _IOC_NR, _IOC_SIZE, _IOC_TYPE, _IOR, _IOW},
    prelude::*,
    uapi::{_IOC_SIZEMASK, _IOC_SIZESHIFT},
};
use masks::MaskRequest;
use zerocopy::FromZeros;

const E: u32 = b'E' as u32;

const GET_VERSION: u32 = _IOR::<i32>(E, 0x01);
const GET_ID: u32 = _IOR::<input_id>(E, 0x02);
const GET_REPEAT: u32 = _IOR::<[u32; 2]>(E, 0x03);
const SET_REPEAT: u32 = _IOW::<[u32; 2]>(E, 0x03);
const GET_KEYCODE: u32 = _IOR::<[u32; 2]>(E, 0x04);
const GET_KEYCODE_V2: u32 = _IOR::<KeymapEntry>(E, 0x04);
const SET_KEYCODE: u32 = _IOW::<[u32; 2]>(E, 0x04);
const SET_KEYCODE_V2: u32 = _IOW::<KeymapEntry>(E, 0x04);
const ERASE_EFFECT: u32 = _IOW::<i32>(E, 0x81);
const GET_MAX_EFFECTS: u32 = _IOR::<i32>(E, 0x84);
const GRAB: u32 = _IOW::<i32>(E, 0x90);
const REVOKE: u32 = _IOW::<i32>(E, 0x91);
const GET_MASK: u32 = _IOR::<MaskRequest>(E, 0x92);
const SET_MASK: u32 = _IOW::<MaskRequest>(E, 0x93);
const SET_CLOCK: u32 = _IOW::<i32>(E, 0xa0);

// Commands of any size, without it.
const GET_NAME: u32 = _IOR::<()>(E, 0x06);
const GET_PHYS: u32 = _IOR::<()>(E, 0x07);
const GET_UNIQ: u32 = _IOR::<()>(E, 0x08);
const GET_PROPERTIES: u32 = _IOR::<()>(E, 0x09);
const GET_SLOTS: u32 = _IOR::<()>(E, 0x0a);
const GET_KEYS: u32 = _IOR::<()>(E, 0x18);
const GET_LEDS: u32 = _IOR::<()>(E, 0x19);
const GET_SOUNDS: u32 = _IOR::<()>(E, 0x1a);
const GET_SWITCHES: u32 = _IOR::<()>(E, 0x1b);
const UPLOAD_EFFECT: u32 = _IOW::<()>(E, 0x80);

/// What a command does, without its size, number, and type: `_IOC_READ` and `_IOC_WRITE`.
const READ: u32 = _IOC_DIR(GET_NAME);
const WRITE: u32 = _IOC_DIR(UPLOAD_EFFECT);

// The first of as many commands as there are types, or axes.
const GET_BITS: u32 = 0x20;
const GET_AXIS: u32 = 0x40;
const SET_AXIS: u32 = 0xc0;

/// How much of a string is copied at a time, in bytes.
const STRING_PART: usize = 64;

/// `struct ff_effect` of a 32-bit program. Its last field is an address, which is read along with
/// what follows in ours; that is zero.
const COMPAT_EFFECT: usize = 44;

/// An ioctl of a client.
struct Call<'a> {
    scope: Scope<'a, Client>,
    /// The third argument, as an address.
    user: UserPtr,
    /// The room that the command's number tells of.
    size: usize,
    /// Whether the caller is a 32-bit program.
    compat: bool,
}

pub(crate) fn handle(
    scope: Scope<'_, Client>,
    cmd: u32,
    arg: usize,
    compat: bool,
) -> Result<isize> {
    let call = Call {
        scope,
        user: UserPtr::from_addr(arg),
        size: _IOC_SIZE(cmd),
        compat,
    };
    match cmd {
        GET_VERSION => call.give(&EV_VERSION),
        GET_ID => {
            let id = call.device().id();
            call.give(&id)
        }
        GET_REPEAT => call.repeat(),
        SET_REPEAT => call.set_repeat(),
        GET_KEYCODE => call.keycode(),
        GET_KEYCODE_V2 => call.keycode_v2(),
        SET_KEYCODE => call.set_keycode(),
        SET_KEYCODE_V2 => call.set_keycode_v2(),
        ERASE_EFFECT => {
            // CAST: The argument is an int.
            call.device().erase(arg as i32, call.scope.owner())?;
            Ok(0)
        }
        GET_MAX_EFFECTS => {
            let count = call.device().max_effects();
            call.give(&count)
        }
        GRAB => {
            let (evdev, client) = (call.scope.data(), call.scope.file());
            match arg {
                0 => evdev.ungrab(client)?,
                _ => evdev.grab(client)?,
            }
            Ok(0)
        }
        REVOKE if arg != 0 => Err(EINVAL),
        REVOKE => call.scope.revoke().map(|()| 0),
        GET_MASK => call.mask(),
        SET_MASK => call.set_mask(),
        SET_CLOCK => call.set_clock(),
        _ => call.sized(cmd),
    }
}

impl<'a> Call<'a> {
    fn device(&self) -> &Device {
        self.scope.data().handle.input()
    }

    fn give<V: IntoBytes + Immutable>(self, value: &V) -> Result<isize> {
        self.scope.write_user(self.user, value)?;
        Ok(0)
    }

    /// Gives as much of `bytes` as there is room for. Returns how much that is.
    fn give_some(self, bytes: &[u8]) -> Result<isize> {
        let len = bytes.len().min(self.size);
        self.scope.write_user_slice(self.user, &bytes[..len])?;
        Ok(len as isize)
    }

    /// A command of any size.
    fn sized(self, cmd: u32) -> Result<isize> {
        match cmd & !(_IOC_SIZEMASK << _IOC_SIZESHIFT) {
            GET_NAME => self.string(|device| device.name()),
            GET_PHYS => self.string(|device| device.phys()),
            GET_UNIQ => self.string(|device| device.uniq()),
            GET_PROPERTIES => self.bits(Bits::Properties, INPUT_PROP_MAX),
            GET_SLOTS => self.slots(),
            GET_KEYS => self.state(State::Keys, EV_KEY, KEY_MAX),
            GET_LEDS => self.state(State::Leds, EV_LED, LED_MAX),
            GET_SOUNDS => self.state(State::Sounds, EV_SND, SND_MAX),
            GET_SWITCHES => self.state(State::Switches, EV_SW, SW_MAX),
            UPLOAD_EFFECT => self.upload(),
            _ if _IOC_TYPE(cmd) != E => Err(EINVAL),
            _ => self.numbered(_IOC_DIR(cmd), _IOC_NR(cmd)),
        }
    }

    /// A command of any size, one of many for a type or an axis.
    fn numbered(self, direction: u32, number: u32) -> Result<isize> {
        let (kind, axis) = (number & EV_MAX, number & ABS_MAX);
        if direction == READ && number & !EV_MAX == GET_BITS {
            match kind {
                0 => self.bits(Bits::Types, EV_MAX),
                EV_KEY => self.bits(Bits::Keys, KEY_MAX),
                EV_REL => self.bits(Bits::Rel, REL_MAX),
                EV_ABS => self.bits(Bits::Abs, ABS_MAX),
                EV_MSC => self.bits(Bits::Misc, MSC_MAX),
                EV_LED => self.bits(Bits::Leds, LED_MAX),
                EV_SND => self.bits(Bits::Sounds, SND_MAX),
                EV_FF => self.bits(Bits::Ff, FF_MAX),
                EV_SW => self.bits(Bits::Switches, SW_MAX),
                _ => Err(EINVAL),
            }
        } else if direction == READ && number & !ABS_MAX == GET_AXIS {
            // CAST: Widens.
            let info = self.device().axis(axis as usize).ok_or(EINVAL)?;
            self.give_some(info.as_bytes()).map(|_| 0)
        } else if direction == WRITE && number & !ABS_MAX == SET_AXIS {
            self.set_axis(axis)
        } else {
            Err(EINVAL)
        }
    }

    fn string(self, get: impl Fn(&Device) -> Option<&CStr>) -> Result<isize> {
        let string = get(self.device()).ok_or(ENOENT)?;
        let len = string.to_bytes_with_nul().len().min(self.size);
        let (mut scope, mut done) = (self.scope, 0);
        let mut part = [0; STRING_PART];
        // The string is the device's, which may go while a part is copied.
        while done < len {
            let part = &mut part[..STRING_PART.min(len - done)];
            let string = get(scope.data().handle.input()).ok_or(ENOENT)?;
            let rest = string.to_bytes_with_nul().get(done..).ok_or(ENOENT)?;
            part.copy_from_slice(rest.get(..part.len()).ok_or(ENOENT)?);
            scope = scope.write_user_slice(self.user.wrapping_byte_add(done), part)?;
            done += part.len();
        }
        Ok(len as isize)
    }

    /// The size of a word of bits, for the caller.
    fn word(&self) -> usize {
        match self.compat {
            true => size_of::<u32>(),
            false => size_of::<usize>(),
        }
    }

    /// How many bytes bits 0 to `max` are for the caller.
    fn bits_len(&self, max: usize) -> usize {
        // One less than there are bits, as it is in C.
        max.div_ceil(self.word() * 8) * self.word()
    }

    fn bits(self, bits: Bits, max: u32) -> Result<isize> {
        let mut words = Words::default();
        self.device().bits(bits, &mut words);
        // CAST: Widens.
        let len = self.bits_len(max as usize);
        self.give_some(&words.as_bytes()[..len])
    }

    /// A state of the device. It includes the events of its type that are unread, which go.
    fn state(self, state: State, kind: u32, max: u32) -> Result<isize> {
        let mut words = Words::default();
        // CAST: A type of events.
        let kind = kind as u16;
        self.scope
            .file()
            .read_state(self.device(), state, kind, &mut words);
        // CAST: Widens.
        let len = self.bits_len(max as usize).min(self.size);
        match self.scope.write_user_slice(self.user, &words.as_bytes()[..len]) {
            Ok(_) => Ok(len as isize),
            Err(Cut::Short(scope, error)) => {
                scope.file().lose();
                Err(error)
            }
            Err(gone) => Err(gone.into()),
        }
    }

    fn repeat(self) -> Result<isize> {
        if !self.device().has(EV_REP) {
            return Err(ENOSYS);
        }
        let repeat = self.device().repeat();
        self.give(&repeat)
    }

    fn set_repeat(self) -> Result<isize> {
        if !self.device().has(EV_REP) {
            return Err(ENOSYS);
        }
        let (scope, repeat) = self.scope.read_user::<[i32; 2]>(self.user)?;
        let handle = scope.data().handle;
        // CAST: Small numbers.
        handle.inject(EV_REP as u16, REP_DELAY as u16, repeat[0]);
        handle.inject(EV_REP as u16, REP_PERIOD as u16, repeat[1]);
        Ok(0)
    }

    /// A value of an axis for each contact, as many as there is room for behind the axis.
    fn slots(self) -> Result<isize> {
        let room = (self.size / size_of::<i32>()).saturating_sub(1);
        let (mut scope, axis) = self.scope.read_user::<u32>(self.user)?;
        let device = |scope: &Scope<'_, Client>| scope.data().handle.input().slots();
        let count = device(&scope);
        if count == 0 || !(ABS_MT_TOUCH_MAJOR..=ABS_MT_TOOL_Y).contains(&axis) {
            return Err(EINVAL);
        }
        let mut user = self.user.wrapping_byte_add(size_of::<u32>());
        for slot in 0..count.min(room) {
            let value = scope.data().handle.input().slot_value(slot, axis);
            scope = scope.write_user(user, &value.unwrap_or(0))?;
            user = user.wrapping_byte_add(size_of::<i32>());
        }
        Ok(0)
    }

    fn set_axis(self, axis: u32) -> Result<isize> {
        // CAST: Widens.
        let place = axis as usize;
        self.device().axis(place).ok_or(EINVAL)?;
        let mut info = AbsInfo::default();
        let len = size_of::<AbsInfo>().min(self.size);
        let bytes = &mut info.as_mut_bytes()[..len];
        let scope = self.scope.read_user_slice(self.user, bytes)?;
        if self.size < size_of::<AbsInfo>() {
            info.resolution = 0;
        }
        if axis == ABS_MT_SLOT {
            return Err(EINVAL);
        }
        scope.data().handle.input().set_axis(place, info)?;
        Ok(0)
    }

    fn keycode(self) -> Result<isize> {
        let (scope, scancode) = self.scope.read_user::<[u8; 4]>(self.user)?;
        let mut entry = scancode_entry(scancode);
        scope.data().handle.input().keycode(&mut entry)?;
        let second = self.user.wrapping_byte_add(size_of::<u32>());
        scope.write_user(second, &entry.keycode)?;
        Ok(0)
    }

    fn set_keycode(self) -> Result<isize> {
        let (scope, words) = self.scope.read_user::<[u32; 2]>(self.user)?;
        let mut entry = scancode_entry(words[0].to_ne_bytes());
        entry.keycode = words[1];
        scope.data().handle.input().set_keycode(&entry)?;
        Ok(0)
    }

    fn keycode_v2(self) -> Result<isize> {
        let (scope, mut entry) = self.scope.read_user::<KeymapEntry>(self.user)?;
        scope.data().handle.input().keycode(&mut entry)?;
        scope.write_user(self.user, &entry)?;
        Ok(0)
    }

    fn set_keycode_v2(self) -> Result<isize> {
        let (scope, entry) = self.scope.read_user::<KeymapEntry>(self.user)?;
        scope.data().handle.input().set_keycode(&entry)?;
        Ok(0)
    }

    fn upload(self) -> Result<isize> {
        let size = if self.compat { COMPAT_EFFECT } else { Effect::SIZE };
        if self.size != size {
            return Err(EFAULT);
        }
        let mut effect = Effect::new();
        let bytes = &mut effect.as_mut_bytes()[..size];
        let scope = self.scope.read_user_slice(self.user, bytes)?;
        let device = scope.data().handle.input();
        device.upload(&mut effect, scope.owner())?;
        let id = self.user.wrapping_byte_add(Effect::ID_OFFSET);
        scope.write_user(id, &effect.id())?;
        Ok(0)
    }

    fn set_clock(self) -> Result<isize> {
        let (scope, clock) = self.scope.read_user::<u32>(self.user)?;
        scope.file().set_clock(match clock {
            kernel::bindings::CLOCK_REALTIME => Clock::Real,
            kernel::bindings::CLOCK_MONOTONIC => Clock::Monotonic,
            kernel::bindings::CLOCK_BOOTTIME => Clock::Boot,
            _ => return Err(EINVAL),
        });
        Ok(0)
    }
}

/// An entry for a scancode of four bytes.
fn scancode_entry(bytes: [u8; 4]) -> KeymapEntry {
    let mut entry = KeymapEntry::new_zeroed();
    // CAST: 4.
    entry.len = bytes.len() as u8;
    entry.scancode[..bytes.len()].copy_from_slice(&bytes);
    entry
}
