// SPDX-License-Identifier: GPL-2.0

//! The parts of [`crate::diff`] for input devices.
//!
//! - `kind`: the kinds of devices; `device`: a device; `responder`: answers its force feedback
//!   requests
//! - `op`: the calls; `draw`, `events`, `ioctls`: how they are drawn
//! - [`Actor`]: makes them; `calls`: those with a pointer; `client`: the expected state of a file;
//!   [`Plant`]: planted differences
//! - [`transcript()`]: plays many on many devices; [`assert_no_difference()`]: with both handlers
//! - `stamps`: whether the time of an event is plausible; `packets`: events that were read, as text

mod actor;
mod calls;
mod client;
mod device;
mod draw;
mod events;
mod ioctls;
mod kind;
mod op;
mod packets;
mod plant;
mod play;
mod responder;
mod stamps;

pub use actor::Actor;
pub use draw::sequence;
pub use plant::Plant;
pub use play::{assert_no_difference, transcript};

/// The default seed.
pub const SEED: u64 = 0xe7;
