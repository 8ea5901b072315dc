// SPDX-License-Identifier: GPL-2.0

//! Random calls of one driver and of another one, and whether a program can tell them apart.
//!
//! A sequence is a few dozen calls on a few open files, drawn from a seed. What comes out of each
//! is written down as a line of text, with what has changed in memory.
//!
//! - [`Random`]: what calls are drawn from; `call`: those that any file has
//! - `arena`: memory to point to, and where there is none
//! - `files`: open files, and calls of them; `io`: calls with a pointer; `alarm`: wakes the caller
//! - [`difference()`]: finds the first difference; [`assert_same()`] fails with it
//!
//! What is particular to a driver is next to its tests: `ec/diff`, `evdev/diff`.

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
