// SPDX-License-Identifier: GPL-2.0

//! Input devices as `/dev/input/eventN` shows them, with either handler.
//!
//! - [`abi`]: the numbers of `ioctl()`
//! - [`diff`](mod@diff): what differential tests need for input devices
//! - [`handler`]: C's evdev and ours, and which node is whose
//! - [`uinput`]: input devices that a program makes; [`away`]: one that goes away
//! - [`testinput`]: the input device that is a kernel module; [`keyboard`]: the machine's own
//! - [`client`]: a program with an open node; [`ioctls`]: what it can ask for
//! - [`effects`]: force feedback

pub mod abi;
pub mod away;
pub mod client;
pub mod diff;
pub mod effects;
pub mod handler;
pub mod ioctls;
pub mod keyboard;
pub mod testinput;
pub mod uinput;

pub use handler::{Handler, Handlers};
pub use testinput::TestInput;
pub use uinput::Uinput;
