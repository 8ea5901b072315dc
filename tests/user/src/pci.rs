// SPDX-License-Identifier: GPL-2.0

//! The enable count and the command register of a PCI device.

use crate::device::Device;
use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
};

/// `PCI_COMMAND`, the command register.
const COMMAND: u64 = 4;

/// The bit for memory.
pub const MEMORY: u16 = 0x2;

/// The bit for the bus.
pub const MASTER: u16 = 0x4;

/// The state of a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct State {
    /// Its enable count.
    pub enabled: u32,
    /// Its command register.
    pub command: u16,
}

impl State {
    /// Reads the state of `device`.
    pub fn of(device: &Device) -> Self {
        let enabled = fs::read_to_string(device.sysfs().join("enable")).expect("a PCI device");
        let mut command = [0; 2];
        let config = File::open(device.sysfs().join("config")).expect("a PCI device");
        config
            .read_exact_at(&mut command, COMMAND)
            .expect("a register");
        Self {
            enabled: enabled.trim().parse().expect("a number"),
            command: u16::from_le_bytes(command),
        }
    }
}

/// Writes the command register of a device.
pub fn set_command(device: &Device, command: u16) {
    let config = File::options()
        .write(true)
        .open(device.sysfs().join("config"));
    config
        .expect("a PCI device")
        .write_all_at(&command.to_le_bytes(), COMMAND)
        .expect("a register");
}

/// Enables a device that no driver is bound to, or disables it again, through sysfs.
pub fn enable(device: &Device, on: bool) {
    fs::write(device.sysfs().join("enable"), u8::from(on).to_string()).expect("a PCI device");
}
