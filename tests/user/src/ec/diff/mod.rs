// SPDX-License-Identifier: GPL-2.0

//! Random calls of one driver and of the other, and whether a program can tell them apart.
//!
//! A sequence is a few dozen calls on a few open files, drawn from a seed. What comes out of each
//! is written down as a line of text, with what has changed in memory.
//!
//! - `op`: the calls; `draw`: how they are drawn; `random`: from what
//! - `arena`: memory to point to, and where there is none
//! - [`Actor`]: makes them; `calls`: those with pointers; `files`: those without; `alarm`: wakes it
//! - [`difference()`]: finds the first difference

mod actor;
mod alarm;
mod arena;
mod calls;
mod compare;
mod draw;
mod files;
mod op;
mod random;

pub use actor::Actor;
pub use compare::{difference, Difference, Transcript};
pub use random::{seed, Random};
