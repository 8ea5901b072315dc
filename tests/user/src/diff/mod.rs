// SPDX-License-Identifier: GPL-2.0

//! Makes the same random calls to two drivers, and compares the outcomes.
//!
//! A sequence is a few dozen calls on a few open files, drawn from a seed. The outcome of each call
//! is recorded as a line of text, with the changes in memory.
//!
//! - [`Random`]: random numbers; `call`: the calls that every file supports
//! - `arena`: memory that arguments point to, and addresses where nothing is mapped
//! - `files`: open files, and calls on them; `io`: calls with a pointer; `alarm`: interrupts calls
//! - [`difference()`]: finds the first difference; [`assert_same()`] fails with it
//!
//! The parts for one driver are in `ec/diff` and `evdev/diff`.

mod alarm;
mod arena;
mod call;
mod compare;
mod files;
mod io;
mod random;

pub use compare::{assert_errors, assert_often, assert_same, difference, Difference, Transcript};
pub use random::Random;

pub(crate) use alarm::Alarm;
pub(crate) use arena::{Arena, Place, UNTOUCHED};
pub(crate) use call::{harmless, some_bytes, Call, Slot, GENERIC_IOCTLS};
pub(crate) use files::{outcome, Files};
pub(crate) use io::Reading;
