// SPDX-License-Identifier: GPL-2.0

//! Events as programs read and write them.

use crate::ring::Event;
use devscope_input::Value;
use kernel::prelude::*;
use zerocopy::{Immutable, IntoBytes};
use zerocopy_derive::{FromBytes, Immutable, IntoBytes};

const NANOS_PER_SEC: u64 = 1_000_000_000;
const NANOS_PER_MICRO: u64 = 1_000;

/// A time, in seconds and microseconds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Stamp(u64);

impl Stamp {
    const MICROS_BITS: u32 = 20;

    pub(crate) fn from_nanos(time: i64) -> Self {
        // CAST: A clock does not show negative times.
        let time = time as u64;
        let micros = time % NANOS_PER_SEC / NANOS_PER_MICRO;
        Self(time / NANOS_PER_SEC << Self::MICROS_BITS | micros)
    }

    /// Whether it is that of no time.
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
    fn new(event: Event) -> Self;

    fn value(&self) -> Value;
}

/// Declares a layout whose numbers of time are of type `$long`.
macro_rules! layout {
    ($name:ident, $long:ty) => {
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
            fn new(event: Event) -> Self {
                Self {
                    // CAST: As C does, where the type is shorter.
                    seconds: event.stamp.seconds() as $long,
                    micros: event.stamp.micros() as $long,
                    kind: event.value.kind,
                    code: event.value.code,
                    value: event.value.value,
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

layout!(Native, usize);
layout!(Compat, u32);
