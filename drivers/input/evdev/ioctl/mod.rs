// SPDX-License-Identifier: GPL-2.0

//! The ioctls.
//!
//! The number of a command contains a size. Many commands allow any size: that of the caller's
//! buffer.

mod masks;

use crate::{
    abi::{self, ioctl::*},
    client::Client,
    Evdev, //
};
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
    State, //
};
use kernel::{
    // In the tree, the bindings have numbers of these names.
    error::code::{EFAULT, EINVAL, ENOENT, ENOSYS},
    ioctl::_IOC_SIZE,
    prelude::*, //
};
use zerocopy::FromZeros;

// Sizes.
const INT: usize = size_of::<i32>();
const ID: usize = size_of::<Id>();
const KEYMAP_ENTRY: usize = size_of::<KeymapEntry>();
const MASK: usize = size_of::<abi::Mask>();

/// The number of slots that are read at a time.
const SLOTS_AT_A_TIME: usize = 16;

/// The arguments of an ioctl, except the command, in two registers.
#[derive(Clone, Copy)]
struct Argument {
    /// The third argument, as an address.
    user: UserPtr,
    /// The size in the command's number, and whether the caller is a 32-bit program.
    room: u32,
}

/// A flag in `room`: the caller is a 32-bit program.
const COMPAT: u32 = 1 << 31;

type File<'a> = Scope<'a, Client>;

/// The result of a successful ioctl: 0 or a number of bytes. A `Result` of it fits into two
/// registers.
type Reply = u32;

#[inline(always)]
pub(crate) fn handle(scope: File<'_>, cmd: u32, arg: usize, compat: bool) -> Result<Reply> {
    let size = _IOC_SIZE(cmd);
    let argument = Argument {
        user: UserPtr::from_addr(arg),
        // CAST: It has 14 bits.
        room: size as u32 | if compat { COMPAT } else { 0 },
    };
    let command = cmd & !ANY_SIZE;
    match command {
        // Commands with a fixed size.
        GET_VERSION if size == INT => argument.version(scope),
        GET_ID if size == ID => argument.id(scope),
        GET_REPEAT if size == 2 * INT => argument.repeat(scope),
        SET_REPEAT if size == 2 * INT => argument.set_repeat(scope),
        GET_KEYCODE if size == 2 * INT => argument.keycode(scope),
        GET_KEYCODE if size == KEYMAP_ENTRY => argument.keycode_v2(scope),
        SET_KEYCODE if size == 2 * INT => argument.set_keycode(scope),
        SET_KEYCODE if size == KEYMAP_ENTRY => argument.set_keycode_v2(scope),
        // CAST: The argument is an int.
        ERASE_EFFECT if size == INT => erase(scope, arg as i32),
        GET_MAX_EFFECTS if size == INT => argument.max_effects(scope),
        GRAB if size == INT => grab(scope, arg != 0),
        REVOKE if size == INT && arg == 0 => revoke(scope),
        GET_MASK if size == MASK => argument.mask(scope),
        SET_MASK if size == MASK => argument.set_mask(scope),
        SET_CLOCK if size == INT => argument.set_clock(scope),
        // Commands with any size.
        GET_NAME => argument.string(scope, |device| device.name()),
        GET_PHYS => argument.string(scope, |device| device.phys()),
        GET_UNIQ => argument.string(scope, |device| device.uniq()),
        GET_PROPERTIES => argument.bits(scope, Bits::Properties, INPUT_PROP_MAX),
        GET_SLOTS => argument.slots(scope),
        GET_KEYS => argument.state(scope, State::Keys, EV_KEY, KEY_MAX),
        GET_LEDS => argument.state(scope, State::Leds, EV_LED, LED_MAX),
        GET_SOUNDS => argument.state(scope, State::Sounds, EV_SND, SND_MAX),
        GET_SWITCHES => argument.state(scope, State::Switches, EV_SW, SW_MAX),
        UPLOAD_EFFECT => argument.upload(scope),
        // Ranges of commands, for each type or axis.
        GET_BITS..=GET_BITS_LAST => argument.bits_of(scope, command - GET_BITS),
        GET_AXIS..=GET_AXIS_LAST => argument.axis(scope, command - GET_AXIS),
        SET_AXIS..=SET_AXIS_LAST => argument.set_axis(scope, command - SET_AXIS),
        _ => Err(EINVAL),
    }
}

fn device<'s>(scope: &'s File<'_>) -> &'s Device {
    scope.data().handle.input()
}

#[inline(never)]
fn erase(scope: File<'_>, id: i32) -> Result<Reply> {
    let _injecting = scope.data().injecting.lock();
    device(&scope).erase(id, scope.owner())?;
    Ok(0)
}

#[inline(never)]
fn grab(scope: File<'_>, on: bool) -> Result<Reply> {
    match on {
        true => Evdev::grab(&scope)?,
        false => Evdev::ungrab(&scope)?,
    }
    Ok(0)
}

#[inline(never)]
fn revoke(scope: File<'_>) -> Result<Reply> {
    scope.revoke()?;
    Ok(0)
}

// Each command has a function of its own, since a call costs the registers that it saves.
impl Argument {
    /// Returns the size of the caller's buffer, in bytes.
    fn room(self) -> usize {
        // CAST: Widens.
        (self.room & !COMPAT) as usize
    }

    fn is_compat(self) -> bool {
        self.room & COMPAT != 0
    }

    #[inline(never)]
    fn version(self, scope: File<'_>) -> Result<Reply> {
        self.give(scope, &EV_VERSION)
    }

    #[inline(never)]
    fn id(self, scope: File<'_>) -> Result<Reply> {
        let id = device(&scope).id();
        self.give(scope, &id)
    }

    #[inline(never)]
    fn max_effects(self, scope: File<'_>) -> Result<Reply> {
        let count = device(&scope).max_effects();
        self.give(scope, &count)
    }

    #[inline(always)]
    fn give<V: IntoBytes + Immutable>(self, scope: File<'_>, value: &V) -> Result<Reply> {
        scope.write_user(self.user, value)?;
        Ok(0)
    }

    #[inline(never)]
    fn bits_of(self, scope: File<'_>, kind: u32) -> Result<Reply> {
        match kind {
            EV_SYN => self.bits(scope, Bits::Types, EV_MAX),
            EV_KEY => self.bits(scope, Bits::Keys, KEY_MAX),
            EV_REL => self.bits(scope, Bits::Rel, REL_MAX),
            EV_ABS => self.bits(scope, Bits::Abs, ABS_MAX),
            EV_MSC => self.bits(scope, Bits::Misc, MSC_MAX),
            EV_LED => self.bits(scope, Bits::Leds, LED_MAX),
            EV_SND => self.bits(scope, Bits::Sounds, SND_MAX),
            EV_FF => self.bits(scope, Bits::Ff, FF_MAX),
            EV_SW => self.bits(scope, Bits::Switches, SW_MAX),
            _ => Err(EINVAL),
        }
    }

    #[inline(never)]
    fn string(
        self,
        scope: File<'_>,
        get: impl for<'s> FnOnce(&'s Device) -> Option<&'s CStr>,
    ) -> Result<Reply> {
        let (user, size) = (self.user, self.room());
        let mut given = Err(ENOENT);
        scope.write_user_with(user, |scope| {
            let string = get(device(scope));
            let bytes = Bytes::from(string.map_or(&[][..], CStr::to_bytes_with_nul)).first(size);
            given = string.map(|_| bytes.len() as Reply).ok_or(ENOENT);
            bytes
        })?;
        given
    }

    /// Returns the size of a word of bits for the caller.
    fn word(&self) -> usize {
        match self.is_compat() {
            true => size_of::<u32>(),
            false => size_of::<usize>(),
        }
    }

    /// Returns the size of bits 0 to `max` for the caller, in bytes.
    fn bits_len(&self, max: usize) -> usize {
        // `max` is one less than the number of bits, as in C.
        ((max + self.word() * 8 - 1) / 8) & !(self.word() - 1)
    }

    #[inline(never)]
    fn bits(self, scope: File<'_>, bits: Bits, max: u32) -> Result<Reply> {
        // CAST: Widens.
        let len = self.bits_len(max as usize).min(self.room());
        scope.write_user_with(self.user, |scope| device(scope).bits(bits).first(len))?;
        Ok(len as Reply)
    }

    /// Returns a state of the device. It includes the unread events of its type, which are dropped.
    #[inline(never)]
    fn state(self, scope: File<'_>, state: State, kind: u32, max: u32) -> Result<Reply> {
        // CAST: A type of events.
        let kind = kind as u16;
        let words = scope.file().read_state(&scope, device(&scope), state, kind);
        // CAST: Widens.
        let len = self.bits_len(max as usize).min(self.room());
        let bytes = words.as_bytes().get(..len).ok_or(EINVAL)?;
        match scope.write_user_slice(self.user, bytes) {
            Ok(_) => Ok(len as Reply),
            Err(ScopeError::Short(scope, error)) => {
                scope.file().lose(&scope);
                Err(error)
            }
            Err(gone) => Err(gone.into()),
        }
    }

    #[inline(never)]
    fn repeat(self, scope: File<'_>) -> Result<Reply> {
        if !device(&scope).has(EV_REP) {
            return Err(ENOSYS);
        }
        let repeat = device(&scope).repeat();
        self.give(scope, &repeat)
    }

    #[inline(never)]
    fn set_repeat(self, scope: File<'_>) -> Result<Reply> {
        if !device(&scope).has(EV_REP) {
            return Err(ENOSYS);
        }
        let (scope, repeat) = scope.read_user::<[i32; 2]>(self.user)?;
        let handle = scope.data().handle;
        let _injecting = scope.data().injecting.lock();
        // CAST: Small numbers.
        handle.inject(EV_REP as u16, REP_DELAY as u16, repeat[0]);
        handle.inject(EV_REP as u16, REP_PERIOD as u16, repeat[1]);
        Ok(0)
    }

    /// Returns the values of an axis for the contacts, as many as fit into the buffer after the
    /// axis.
    #[inline(never)]
    fn slots(self, scope: File<'_>) -> Result<Reply> {
        let (mut scope, axis) = scope.read_user::<u32>(self.user)?;
        let mut values = [0; SLOTS_AT_A_TIME];
        let mut room = (self.room() / INT).saturating_sub(1);
        let (mut user, mut first) = (self.user.wrapping_byte_add(INT), 0);
        loop {
            let values = &mut values[..room.min(SLOTS_AT_A_TIME)];
            let device = device(&scope);
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

    #[inline(never)]
    fn axis(self, scope: File<'_>, axis: u32) -> Result<Reply> {
        let changing = scope.data().changing.lock();
        // CAST: Widens.
        let info = device(&scope).axis(axis as usize).ok_or(EINVAL)?;
        drop(changing);
        let len = size_of::<AbsInfo>().min(self.room());
        scope.write_user_slice(self.user, &info.as_bytes()[..len])?;
        Ok(0)
    }

    #[inline(never)]
    fn set_axis(self, scope: File<'_>, axis: u32) -> Result<Reply> {
        if !device(&scope).has_axes() {
            return Err(EINVAL);
        }
        let mut info = AbsInfo::default();
        let len = size_of::<AbsInfo>().min(self.room());
        let scope = scope.read_user_slice(self.user, &mut info.as_mut_bytes()[..len])?;
        if self.room() < size_of::<AbsInfo>() {
            info.resolution = 0;
        }
        if axis == ABS_MT_SLOT {
            return Err(EINVAL);
        }
        let _changing = scope.data().changing.lock();
        // CAST: Widens.
        device(&scope).set_axis(&scope, axis as usize, info)?;
        Ok(0)
    }

    #[inline(never)]
    fn keycode(self, scope: File<'_>) -> Result<Reply> {
        let (scope, scancode) = scope.read_user::<[u8; 4]>(self.user)?;
        let mut entry = scancode_entry(scancode);
        device(&scope).keycode(&scope, &mut entry)?;
        let second = self.user.wrapping_byte_add(INT);
        scope.write_user(second, &entry.keycode)?;
        Ok(0)
    }

    #[inline(never)]
    fn set_keycode(self, scope: File<'_>) -> Result<Reply> {
        let (scope, words) = scope.read_user::<[u32; 2]>(self.user)?;
        let mut entry = scancode_entry(words[0].to_ne_bytes());
        entry.keycode = words[1];
        device(&scope).set_keycode(&scope, &entry)?;
        Ok(0)
    }

    #[inline(never)]
    fn keycode_v2(self, scope: File<'_>) -> Result<Reply> {
        let mut entry = KeymapEntry::new_zeroed();
        let scope = scope.read_user_slice(self.user, entry.as_mut_bytes())?;
        device(&scope).keycode(&scope, &mut entry)?;
        scope.write_user(self.user, &entry)?;
        Ok(0)
    }

    #[inline(never)]
    fn set_keycode_v2(self, scope: File<'_>) -> Result<Reply> {
        let mut entry = KeymapEntry::new_zeroed();
        let scope = scope.read_user_slice(self.user, entry.as_mut_bytes())?;
        device(&scope).set_keycode(&scope, &entry)?;
        Ok(0)
    }

    #[inline(never)]
    fn upload(self, scope: File<'_>) -> Result<Reply> {
        let size = if self.is_compat() {
            Effect::COMPAT_SIZE
        } else {
            Effect::SIZE
        };
        if self.room() != size {
            return Err(EFAULT);
        }
        let mut effect = Effect::new();
        let scope = scope.read_user_slice(self.user, &mut effect.as_mut_bytes()[..size])?;
        let injecting = scope.data().injecting.lock();
        device(&scope).upload(&mut effect, scope.owner())?;
        drop(injecting);
        let id = self.user.wrapping_byte_add(Effect::ID_OFFSET);
        scope.write_user(id, &effect.id())?;
        Ok(0)
    }

    #[inline(never)]
    fn set_clock(self, scope: File<'_>) -> Result<Reply> {
        let (scope, clock) = scope.read_user::<u32>(self.user)?;
        scope.file().set_clock(
            &scope,
            match clock {
                kernel::bindings::CLOCK_REALTIME => Clock::Real,
                kernel::bindings::CLOCK_MONOTONIC => Clock::Monotonic,
                kernel::bindings::CLOCK_BOOTTIME => Clock::Boot,
                _ => return Err(EINVAL),
            },
        );
        Ok(0)
    }
}

/// Returns an entry for a scancode of four bytes.
fn scancode_entry(bytes: [u8; 4]) -> KeymapEntry {
    let mut entry = KeymapEntry::new_zeroed();
    // CAST: 4.
    entry.len = bytes.len() as u8;
    entry.scancode[..bytes.len()].copy_from_slice(&bytes);
    entry
}
