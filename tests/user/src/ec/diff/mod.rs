// SPDX-License-Identifier: GPL-2.0

//! What [`crate::diff`] needs for a controller.
//!
//! - `op`: the calls; `draw`: how they are drawn
//! - [`Actor`]: makes them

mod actor;
mod draw;
mod op;

pub use actor::Actor;
pub use draw::sequence;
