// SPDX-License-Identifier: GPL-2.0

//! Removes a device: only in the kernel (`remove` and `rescan` in sysfs), or from the machine,
//! which the host does on request (tools/vm/src/protocol.rs has the other end).

use crate::{
    cpus::OneCpu,
    device::{write_timed, Device},
    pace, wait_until, HANG,
};
use std::{
    io::Write,
    time::{Duration, Instant},
};

/// How long it may take from the request to the host until the kernel has removed the device.
pub const UNPLUG_LIMIT: Duration = Duration::from_secs(5);

impl Device {
    /// Removes the device in the kernel.
    pub fn remove(&self) -> Duration {
        let (result, took) = write_timed(self.sysfs().join("remove").to_str().unwrap(), "1");
        eprintln!("remove {}: {} ms", self.machine_name(), took.as_millis());
        result.unwrap_or_else(|e| panic!("remove {}: {e}", self.addr()));
        assert!(!self.exists());
        took
    }

    /// Makes the kernel find the device again.
    pub fn rescan(&self) {
        let _one = OneCpu::take();
        let (result, _) = write_timed("/sys/bus/pci/rescan", "1");
        result.unwrap_or_else(|e| panic!("rescan: {e}"));
        assert!(wait_until(HANG, || self.is_bound()), "it did not come back");
    }

    /// Removes the device from the machine.
    pub fn unplug(&self) -> Duration {
        let _one = OneCpu::take();
        let start = Instant::now();
        ask("unplug", &self.machine_name());
        let gone = wait_until(HANG, || !self.exists());
        let took = start.elapsed();
        eprintln!("unplug {}: {} ms", self.machine_name(), took.as_millis());
        assert!(gone, "HANG: it is still there after {HANG:?}");
        pace::assert_within(took, UNPLUG_LIMIT, "unplug");
        took
    }

    /// Puts the device back into the machine.
    pub fn plug(&self) {
        let _one = OneCpu::take();
        ask("plug", &self.machine_name());
        assert!(wait_until(HANG, || self.is_bound()), "it did not come back");
    }

    /// Brings the device back, however it was removed.
    pub(crate) fn bring_back(&self) {
        let _one = (!self.exists()).then(OneCpu::take);
        if !self.exists() {
            let _ = write_timed("/sys/bus/pci/rescan", "1");
        }
        if !self.exists() {
            ask("plug", &self.machine_name());
            wait_until(HANG, || self.is_bound());
        }
    }
}

/// Sends a line to the host. It begins with a newline: the harness has printed the test's name.
fn ask(what: &str, name: &str) {
    let mut out = std::io::stdout();
    let sent = write!(out, "\n@devscope {what} {name}\n").and_then(|()| out.flush());
    sent.expect("the host listens");
}
