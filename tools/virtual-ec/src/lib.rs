// SPDX-License-Identifier: GPL-2.0

//! A ChromeOS embedded controller (EC) for a virtual machine, so that the kernel's unmodified
//! drivers (`cros_ec_lpcs`, `cros_ec`, `cros-ec-dev`) come up there.
//!
//! - [`line`](mod@line): the serial line to the guest, and why no reply is stale or lost
//! - [`shared`]: the memory that the guest's packets and the memory map are in
//! - [`packet`]: host protocol v3
//! - [`ec`]: the controller: one request in, one reply out; its parts:
//!   [`events`], [`script`], [`memory`], and what programs can set, [`settings`]
//! - [`table`]: all commands; [`commands`]: a file for each area
//! - [`server`]: what waits and what answers
//!
//! Numbers and layouts are those of the kernel's
//! `include/linux/platform_data/cros_ec_commands.h`.

pub mod commands;
pub mod ec;
pub mod events;
pub mod line;
pub mod log;
pub mod memory;
pub mod packet;
pub mod script;
pub mod server;
pub mod settings;
pub mod shared;
pub mod status;
pub mod table;
