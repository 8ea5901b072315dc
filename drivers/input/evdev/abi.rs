// SPDX-License-Identifier: GPL-2.0

//! The user space interface of event nodes.
//!
//! C headers: [`include/uapi/linux/input.h`](srctree/include/uapi/linux/input.h),
//! [`drivers/input/input-compat.h`](srctree/drivers/input/input-compat.h)

use devscope_input::Value;
use kernel::prelude::*;
use zerocopy::{Immutable, IntoBytes};
use zerocopy_derive::{FromBytes, Immutable, IntoBytes};

/// `struct input_mask`: the codes of a type whose events are wanted.
#[repr(C)]
#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
pub(crate) struct Mask {
    /// `EV_...`
    pub(crate) kind: u32,
    /// The size of the buffer at `codes`, in bytes.
    pub(crate) size: u32,
    /// An address of user space.
    pub(crate) codes: u64,
}

/// The numbers of ioctls, without the size: many ioctls allow any size, which is then that of the
/// caller's buffer.
pub(crate) mod ioctl {
    use devscope_input::bindings::{ABS_MAX, EV_MAX};
    use kernel::{
        ioctl::{_IOR, _IOW},
        uapi::{_IOC_SIZEMASK, _IOC_SIZESHIFT},
    };

    /// The bits of the size in a number.
    pub(crate) const ANY_SIZE: u32 = _IOC_SIZEMASK << _IOC_SIZESHIFT;

    /// An ioctl that returns data to user space.
    const fn give(number: u32) -> u32 {
        _IOR::<()>(b'E' as u32, number)
    }

    /// An ioctl that takes data from user space.
    const fn take(number: u32) -> u32 {
        _IOW::<()>(b'E' as u32, number)
    }

    pub(crate) const GET_VERSION: u32 = give(0x01);
    pub(crate) const GET_ID: u32 = give(0x02);
    pub(crate) const GET_REPEAT: u32 = give(0x03);
    pub(crate) const SET_REPEAT: u32 = take(0x03);
    pub(crate) const GET_KEYCODE: u32 = give(0x04);
    pub(crate) const SET_KEYCODE: u32 = take(0x04);
    pub(crate) const GET_NAME: u32 = give(0x06);
    pub(crate) const GET_PHYS: u32 = give(0x07);
    pub(crate) const GET_UNIQ: u32 = give(0x08);
    pub(crate) const GET_PROPERTIES: u32 = give(0x09);
    pub(crate) const GET_SLOTS: u32 = give(0x0a);
    pub(crate) const GET_KEYS: u32 = give(0x18);
    pub(crate) const GET_LEDS: u32 = give(0x19);
    pub(crate) const GET_SOUNDS: u32 = give(0x1a);
    pub(crate) const GET_SWITCHES: u32 = give(0x1b);
    pub(crate) const GET_BITS: u32 = give(0x20);
    pub(crate) const GET_BITS_LAST: u32 = GET_BITS + EV_MAX;
    pub(crate) const GET_AXIS: u32 = give(0x40);
    pub(crate) const GET_AXIS_LAST: u32 = GET_AXIS + ABS_MAX;
    pub(crate) const UPLOAD_EFFECT: u32 = take(0x80);
    pub(crate) const ERASE_EFFECT: u32 = take(0x81);
    pub(crate) const GET_MAX_EFFECTS: u32 = give(0x84);
    pub(crate) const GRAB: u32 = take(0x90);
    pub(crate) const REVOKE: u32 = take(0x91);
    pub(crate) const GET_MASK: u32 = give(0x92);
    pub(crate) const SET_MASK: u32 = take(0x93);
    pub(crate) const SET_CLOCK: u32 = take(0xa0);
    pub(crate) const SET_AXIS: u32 = take(0xc0);
    pub(crate) const SET_AXIS_LAST: u32 = SET_AXIS + ABS_MAX;
}

const NANOS_PER_SEC: u64 = 1_000_000_000;
const NANOS_PER_MICRO: u64 = 1_000;

/// A time, in seconds and microseconds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Stamp(u64);

impl Stamp {
    const MICROS_BITS: u32 = 20;

    /// Converts a time in nanoseconds.
    pub(crate) fn from_nanos(time: i64) -> Self {
        // CAST: A clock does not show negative times.
        let time = time as u64;
        let micros = time % NANOS_PER_SEC / NANOS_PER_MICRO;
        let seconds = time / NANOS_PER_SEC;
        Self((seconds << Self::MICROS_BITS) | micros)
    }

    /// Returns whether no time is set.
    #[inline]
    pub(crate) fn is_unset(self) -> bool {
        self.0 == 0
    }

    #[inline]
    fn seconds(self) -> u64 {
        self.0 >> Self::MICROS_BITS
    }

    #[inline]
    fn micros(self) -> u64 {
        self.0 & ((1 << Self::MICROS_BITS) - 1)
    }
}

/// A layout of `struct input_event`.
pub(crate) trait Wire: Copy + FromBytes + IntoBytes + Immutable {
    /// Creates an event with a time.
    fn new(stamp: Stamp, value: Value) -> Self;

    /// Returns the event.
    fn value(&self) -> Value;
}

/// Declares a layout whose time fields have type `$long`.
macro_rules! layout {
    ($(#[$doc:meta])* $name:ident, $long:ty) => {
        $(#[$doc])*
        #[repr(C)]
        #[derive(Clone, Copy, FromBytes, IntoBytes, Immutable)]
        pub(crate) struct $name {
            seconds: $long,
            micros: $long,
            kind: u16,
            code: u16,
            value: i32,
        }

        impl Wire for $name {
            #[inline]
            fn new(stamp: Stamp, value: Value) -> Self {
                Self {
                    // CAST: As in C, if the type is shorter.
                    seconds: stamp.seconds() as $long,
                    micros: stamp.micros() as $long,
                    kind: value.kind,
                    code: value.code,
                    value: value.value,
                }
            }

            #[inline]
            fn value(&self) -> Value {
                Value {
                    kind: self.kind,
                    code: self.code,
                    value: self.value,
                }
            }
        }
    };
}

layout! {
    /// The layout for native programs.
    Native, usize
}

layout! {
    /// The layout for 32-bit programs.
    Compat, u32
}
