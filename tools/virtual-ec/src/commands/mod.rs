// SPDX-License-Identifier: GPL-2.0

//! What the EC can do, a file for each area.

pub mod battery;
pub mod console;
pub mod fan;
pub mod flash;
pub mod framework;
pub mod general;
pub mod host_events;
pub mod mkbp;
pub mod motion;
pub mod protocol;
pub mod reboot;
pub mod script;
pub mod sleep;
pub mod thermal;
pub mod uptime;
pub mod usb_pd;

pub use console::START as CONSOLE_START;
pub use mkbp::GET_NEXT_EVENT;
pub use protocol::GET_COMMS_STATUS;
pub use script::SCRIPT;

use crate::table::Entry;

/// All areas.
pub const ALL: &[&[Entry]] = &[
    general::COMMANDS,
    protocol::COMMANDS,
    mkbp::COMMANDS,
    host_events::COMMANDS,
    sleep::COMMANDS,
    motion::COMMANDS,
    thermal::COMMANDS,
    fan::COMMANDS,
    battery::COMMANDS,
    usb_pd::COMMANDS,
    uptime::COMMANDS,
    console::COMMANDS,
    flash::COMMANDS,
    framework::COMMANDS,
    reboot::COMMANDS,
    script::COMMANDS,
];
