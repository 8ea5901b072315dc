// SPDX-License-Identifier: GPL-2.0

//! The machine's own keyboard, behind its i8042, which is unbound through sysfs.

use super::Handlers;
use crate::{
    device::{hung, write_timed},
    module::Loaded,
    wait_until, HANG,
};
use rustix::io;
use std::{fs, path::PathBuf, time::Duration};

const DRIVER: &str = "/sys/bus/serio/drivers/atkbd";

/// The number of attempts to find it.
const ATTEMPTS: u32 = 3;

/// The keyboard. Dropping it unloads its drivers.
pub struct Keyboard {
    port: String,
    _modules: Loaded,
}

impl Keyboard {
    /// Loads the drivers, and waits until there is a keyboard.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn load() -> Self {
        let modules = Loaded::new(&["i8042", "atkbd"]);
        let mut port = None;
        // A worker probes the ports.
        wait_until(HANG, || {
            port = ports().into_iter().next();
            port.is_some()
        });
        let keyboard = Self {
            port: port.expect("a keyboard behind the i8042"),
            _modules: modules,
        };
        // On a busy host, the emulated keyboard sometimes answers too late, and the driver gives
        // up.
        let answers = (0..ATTEMPTS).any(|_| {
            let there = wait_until(HANG / ATTEMPTS, || keyboard.input().is_some());
            if !there {
                let _ = fs::write(keyboard.control(), "rescan");
            }
            there
        });
        assert!(answers, "no input device");
        keyboard
    }

    /// The name of its input device in sysfs: "inputN".
    pub fn input(&self) -> Option<String> {
        let dir = format!("/sys/bus/serio/devices/{}/input", self.port);
        let mut entries = fs::read_dir(dir).ok()?.flatten();
        entries.find_map(|entry| entry.file_name().into_string().ok())
    }

    /// The file that makes its port look for a driver.
    fn control(&self) -> String {
        format!("/sys/bus/serio/devices/{}/drvctl", self.port)
    }

    fn wait_for_input(&self) -> Option<String> {
        wait_until(HANG, || self.input().is_some());
        self.input()
    }

    /// Its node, if one handler is loaded.
    ///
    /// # Panics
    ///
    /// If it has none.
    pub fn node(&self, handlers: &Handlers) -> PathBuf {
        let input = self.wait_for_input().expect("an input device");
        let handler = handlers.order()[0];
        let there = wait_until(HANG, || handlers.node_name(handler, &input).is_some());
        assert!(there, "{input} has no node");
        handlers.node(handler, &input)
    }

    /// Unbinds its driver. Returns the result, and how long it took.
    pub fn try_unbind(&self) -> (io::Result<()>, Duration) {
        write_timed(&format!("{DRIVER}/unbind"), &self.port)
    }

    /// Binds it again. Returns the result, and how long it took.
    pub fn try_bind(&self) -> (io::Result<()>, Duration) {
        write_timed(&format!("{DRIVER}/bind"), &self.port)
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        if !hung() && self.input().is_none() {
            let (result, _) = self.try_bind();
            if let Err(error) = result {
                eprintln!("the keyboard does not come back: {error}");
            }
        }
    }
}

/// The ports that are bound to the driver.
fn ports() -> Vec<String> {
    let entries = fs::read_dir(DRIVER).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with("serio"))
        .collect()
}
