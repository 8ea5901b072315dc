// SPDX-License-Identifier: GPL-2.0

//! Input devices as `/dev/input/eventN` shows them, with either handler.
//!
//! - [`handler`]: C's evdev and ours, and which node is whose
//! - [`testinput`]: the input device that is a kernel module
//! - [`uinput`]: input devices that a program makes

pub mod handler;
pub mod testinput;
pub mod uinput;

pub use handler::{Handler, Handlers};
pub use testinput::TestInput;
pub use uinput::Uinput;
