// SPDX-License-Identifier: GPL-2.0

//! Expedited RCU grace periods, which do not wait for timer ticks.

use std::fs;

const SWITCH: &str = "/sys/kernel/rcu_expedited";

/// While this lives, all grace periods are expedited.
pub struct Hurry {
    before: String,
}

impl Default for Hurry {
    fn default() -> Self {
        Self::new()
    }
}

impl Hurry {
    /// Sets the switch.
    ///
    /// # Panics
    ///
    /// If the kernel has no such switch.
    pub fn new() -> Self {
        let before = fs::read_to_string(SWITCH).expect(SWITCH);
        fs::write(SWITCH, "1").expect(SWITCH);
        Self { before }
    }
}

impl Drop for Hurry {
    fn drop(&mut self) {
        fs::write(SWITCH, self.before.trim()).expect(SWITCH);
    }
}
