// SPDX-License-Identifier: GPL-2.0

//! What [`crate::diff`] needs for input devices.
//!
//! - `kind`: the devices, some sequences one after the other on each; `device`: one of them, and
//!   `responder`, who answers for its force feedback
//! - `op`: the calls; `draw`, `events`, `ioctls`: how they are drawn
//! - [`Actor`]: makes them; `calls`: those with a pointer; `client`: what it knows of an open file;
//!   [`Plant`]: what it can do wrong
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

/// The seed that is used where nobody names another one.
pub const SEED: u64 = 0xe7;
