// SPDX-License-Identifier: GPL-2.0

//! The parts of [`crate::diff`] for an embedded controller.
//!
//! - `op`: the calls; `draw`: how they are drawn
//! - [`Actor`]: makes them; [`assert_no_difference()`]: with both drivers

mod actor;
mod draw;
mod op;
mod play;

pub use actor::Actor;
pub use draw::sequence;
pub use play::assert_no_difference;
