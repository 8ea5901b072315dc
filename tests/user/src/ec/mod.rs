// SPDX-License-Identifier: GPL-2.0

//! A ChromeOS embedded controller and its character device, with either driver.
//!
//! - [`cell`]: the platform device of a node, and the driver that is bound to it
//! - [`lpc`]: the virtual EC
//! - [`script`]: the scripts of the tests' controllers
//! - [`testec`]: the controller that is a kernel module
//! - [`diff`]: compares the same calls to both drivers

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
