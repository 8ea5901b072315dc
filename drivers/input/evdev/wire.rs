// SPDX-License-Identifier: GPL-2.0

//! Events as programs read and write them.

use crate::ring::Event;
use devscope_input::Value;
use kernel::prelude::*;
use zerocopy::{Immutable, IntoBytes};
use zerocopy_derive::{FromBytes, Immutable, IntoBytes};

const NANOS_PER_SEC: i64 = 1_000_000_000;
const NANOS_PER_MICRO: i64 = 1_000;

/// A layout of `struct input_event`.
pub(crate) trait Wire: Copy + FromBytes + IntoBytes + Immutable {
    fn new(seconds: i64, micros: i64, value: Value) -> Self;

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
            fn new(seconds: i64, micros: i64, value: Value) -> Self {
                Self {
                    // CAST: As C does, where the type is shorter.
                    seconds: seconds as $long,
                    micros: micros as $long,
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

layout!(Native, usize);
layout!(Compat, u32);

/// Makes [`Wire`] events of others; those of a packet have one time.
pub(crate) struct Stamp {
    time: i64,
    seconds: i64,
    micros: i64,
}

impl Stamp {
    pub(crate) const fn new() -> Self {
        Self {
            time: 0,
            seconds: 0,
            micros: 0,
        }
    }

    #[inline]
    pub(crate) fn event<W: Wire>(&mut self, event: &Event) -> W {
        if event.time != self.time {
            self.time = event.time;
            self.seconds = event.time / NANOS_PER_SEC;
            self.micros = event.time % NANOS_PER_SEC / NANOS_PER_MICRO;
        }
        W::new(self.seconds, self.micros, event.value)
    }
}
