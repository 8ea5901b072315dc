// SPDX-License-Identifier: GPL-2.0

//! The ioctls.
//!
//! The number of a command has a size in it. For many commands any size is good: it is how much room
//! the caller has.

mod masks;

use crate::{client::Client, Evdev};
use devscope::prelude::*;
use devscope_input::{
    bindings::*,
    ff::Effect,
    AbsInfo,
    Bits,
    Clock,
    Device,
    Id,
    KeymapEntry,
    State,
    Words, //
};
use kernel::{
    ioctl::{_IOC_SIZE, _IOR, _IOW},
    prelude::*,
    uapi::{_IOC_SIZEMASK, _IOC_SIZESHIFT},
};
use masks::MaskRequest;
use zerocopy::FromZeros;

/// The size in a command's number.
const SIZE: u32 = _IOC_SIZEMASK << _IOC_SIZESHIFT;

/// A command that gives something to user space, or takes something, without its size.
const fn give(number: u32) -> u32 {
    _IOR::<()>(b'E' as u32, number)
}

const fn take(number: u32) -> u32 {
    _IOW::<()>(b'E' as u32, number)
}

const GET_VERSION: u32 = give(0x01);
const GET_ID: u32 = give(0x02);
const GET_REPEAT: u32 = give(0x03);
const SET_REPEAT: u32 = take(0x03);
const GET_KEYCODE: u32 = give(0x04);
const SET_KEYCODE: u32 = take(0x04);
const GET_NAME: u32 = give(0x06);
const GET_PHYS: u32 = give(0x07);
const GET_UNIQ: u32 = give(0x08);
const GET_PROPERTIES: u32 = give(0x09);
const GET_SLOTS: u32 = give(0x0a);
const GET_KEYS: u32 = give(0x18);
const GET_LEDS: u32 = give(0x19);
const GET_SOUNDS: u32 = give(0x1a);
const GET_SWITCHES: u32 = give(0x1b);
const GET_BITS: u32 = give(0x20);
const GET_BITS_LAST: u32 = GET_BITS + EV_MAX;
const GET_AXIS: u32 = give(0x40);
const GET_AXIS_LAST: u32 = GET_AXIS + ABS_MAX;
const UPLOAD_EFFECT: u32 = take(0x80);
const ERASE_EFFECT: u32 = take(0x81);
const GET_MAX_EFFECTS: u32 = give(0x84);
const GRAB: u32 = take(0x90);
const REVOKE: u32 = take(0x91);
const GET_MASK: u32 = give(0x92);
const SET_MASK: u32 = take(0x93);
const SET_CLOCK: u32 = take(0xa0);
const SET_AXIS: u32 = take(0xc0);
const SET_AXIS_LAST: u32 = SET_AXIS + ABS_MAX;

// Sizes.
const INT: usize = size_of::<i32>();
const ID: usize = size_of::<Id>();
const KEYMAP_ENTRY: usize = size_of::<KeymapEntry>();
const MASK: usize = size_of::<MaskRequest>();

/// How many slots are read at a time.
const SLOTS_AT_A_TIME: usize = 16;

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
    let size = _IOC_SIZE(cmd);
    let call = Call {
        scope,
        user: UserPtr::from_addr(arg),
        size,
        compat,
    };
    let command = cmd & !SIZE;
    match command {
        // Of one size.
        GET_VERSION if size == INT => call.give(&EV_VERSION),
        GET_ID if size == ID => {
            let id = call.device().id();
            call.give(&id)
        }
        GET_REPEAT if size == 2 * INT => call.repeat(),
        SET_REPEAT if size == 2 * INT => call.set_repeat(),
        GET_KEYCODE if size == 2 * INT => call.keycode(),
        GET_KEYCODE if size == KEYMAP_ENTRY => call.keycode_v2(),
        SET_KEYCODE if size == 2 * INT => call.set_keycode(),
        SET_KEYCODE if size == KEYMAP_ENTRY => call.set_keycode_v2(),
        // CAST: The argument is an int.
        ERASE_EFFECT if size == INT => call.erase(arg as i32),
        GET_MAX_EFFECTS if size == INT => {
            let count = call.device().max_effects();
            call.give(&count)
        }
        GRAB if size == INT => match arg {
            0 => Evdev::ungrab(&call.scope).map(|()| 0),
            _ => Evdev::grab(&call.scope).map(|()| 0),
        },
        REVOKE if size == INT && arg == 0 => call.scope.revoke().map(|()| 0),
        GET_MASK if size == MASK => call.mask(),
        SET_MASK if size == MASK => call.set_mask(),
        SET_CLOCK if size == INT => call.set_clock(),
        // Of any size.
        GET_NAME => call.string(|device| device.name()),
        GET_PHYS => call.string(|device| device.phys()),
        GET_UNIQ => call.string(|device| device.uniq()),
        GET_PROPERTIES => call.bits(Bits::Properties, INPUT_PROP_MAX),
        GET_SLOTS => call.slots(),
        GET_KEYS => call.state(State::Keys, EV_KEY, KEY_MAX),
        GET_LEDS => call.state(State::Leds, EV_LED, LED_MAX),
        GET_SOUNDS => call.state(State::Sounds, EV_SND, SND_MAX),
        GET_SWITCHES => call.state(State::Switches, EV_SW, SW_MAX),
        UPLOAD_EFFECT => call.upload(),
        // One of many, for a type or an axis.
        GET_BITS..=GET_BITS_LAST => call.bits_of(command - GET_BITS),
        GET_AXIS..=GET_AXIS_LAST => call.axis(command - GET_AXIS),
        SET_AXIS..=SET_AXIS_LAST => call.set_axis(command - SET_AXIS),
        _ => Err(EINVAL),
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

    fn bits_of(self, kind: u32) -> Result<isize> {
        match kind {
            EV_SYN => self.bits(Bits::Types, EV_MAX),
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
    }

    fn string(
        self,
        get: impl for<'s> FnOnce(&'s Device) -> Option<&'s CStr>,
    ) -> Result<isize> {
        let Self { scope, user, size, .. } = self;
        let mut given = Err(ENOENT);
        scope.write_user_with(user, |scope| {
            let string = get(scope.data().handle.input());
            let bytes = string.map_or(&[][..], CStr::to_bytes_with_nul);
            let bytes = &bytes[..bytes.len().min(size)];
            given = string.map(|_| bytes.len() as isize).ok_or(ENOENT);
            bytes
        })?;
        given
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
        (max.div_ceil(self.word() * 8) * self.word()).min(size_of::<Words>())
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
    #[inline(always)]
    fn slots(self) -> Result<isize> {
        let (mut scope, axis) = self.scope.read_user::<u32>(self.user)?;
        let mut values = [0; SLOTS_AT_A_TIME];
        let mut room = (self.size / INT).saturating_sub(1);
        let (mut user, mut first) = (self.user.wrapping_byte_add(INT), 0);
        loop {
            let values = &mut values[..room.min(SLOTS_AT_A_TIME)];
            let device = scope.data().handle.input();
            let count = device.slot_values(axis, first, values)?;
            if count == 0 {
                return Ok(0);
            }
            scope = scope.write_user_slice(user, values[..count].as_bytes())?;
            user = user.wrapping_byte_add(count * INT);
            first += count;
            room -= count;
        }
    }

    #[inline(always)]
    fn axis(self, axis: u32) -> Result<isize> {
        let evdev = self.scope.data();
        let changing = evdev.changing.lock();
        // CAST: Widens.
        let info = evdev.handle.input().axis(axis as usize);
        drop(changing);
        self.give_some(info.ok_or(EINVAL)?.as_bytes()).map(|_| 0)
    }

    #[inline(always)]
    fn set_axis(self, axis: u32) -> Result<isize> {
        if !self.device().has_axes() {
            return Err(EINVAL);
        }
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
        let evdev = scope.data();
        let _changing = evdev.changing.lock();
        // CAST: Widens.
        evdev.handle.input().set_axis(axis as usize, info)?;
        Ok(0)
    }

    fn keycode(self) -> Result<isize> {
        let (scope, scancode) = self.scope.read_user::<[u8; 4]>(self.user)?;
        let mut entry = scancode_entry(scancode);
        scope.data().handle.input().keycode(&mut entry)?;
        let second = self.user.wrapping_byte_add(INT);
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

    #[inline(always)]
    fn keycode_v2(self) -> Result<isize> {
        let mut entry = KeymapEntry::new_zeroed();
        let scope = self.scope.read_user_slice(self.user, entry.as_mut_bytes())?;
        scope.data().handle.input().keycode(&mut entry)?;
        scope.write_user(self.user, &entry)?;
        Ok(0)
    }

    #[inline(always)]
    fn set_keycode_v2(self) -> Result<isize> {
        let mut entry = KeymapEntry::new_zeroed();
        let scope = self.scope.read_user_slice(self.user, entry.as_mut_bytes())?;
        scope.data().handle.input().set_keycode(&entry)?;
        Ok(0)
    }

    fn erase(self, id: i32) -> Result<isize> {
        self.device().erase(id, self.scope.owner())?;
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
