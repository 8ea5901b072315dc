// SPDX-License-Identifier: GPL-2.0

//! A ChromeOS embedded controller as its character device shows it, with either driver.
//!
//! - [`cell`]: the platform device of one, and which driver has it
//! - [`lpc`]: the virtual one
//! - [`script`]: what the controllers of the tests can be told to do
//! - [`testec`]: the controller that is a kernel module
//! - [`diff`]: the same calls of both drivers, compared

pub mod cell;
pub mod diff;
pub mod lpc;
pub mod script;
pub mod testec;

pub use cell::{Cell, Driver};
pub use devscope_uapi::cros_ec::*;
pub use script::{run, Step};
pub use testec::TestEc;

/// `EC_CMD_GET_VERSION`.
pub const GET_VERSION: u32 = 0x0002;
