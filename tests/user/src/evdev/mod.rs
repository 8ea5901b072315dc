// SPDX-License-Identifier: GPL-2.0

//! Input devices and their `/dev/input/eventN`, with either handler.
//!
//! - [`abi`]: the numbers of `ioctl()`
//! - [`diff`](mod@diff): the parts of the differential tests for input devices
//! - [`handler`]: C's evdev and ours, and the nodes of each
//! - [`uinput`]: input devices that a program creates; [`away`]: one that is unplugged
//! - [`testinput`]: the input device that is a kernel module; [`keyboard`]: the machine's own
//! - [`client`]: calls on an open node; [`ioctls`]: its ioctls
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
