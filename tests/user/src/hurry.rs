// SPDX-License-Identifier: GPL-2.0

//! Grace periods that take as long as they have to, and do not wait for ticks of the timer.

use std::fs;

const SWITCH: &str = "/sys/kernel/rcu_expedited";

/// While this lives, all grace periods are hurried.
pub struct Hurry {
    before: String,
}

impl Default for Hurry {
    fn default() -> Self {
        Self::new()
    }
}

impl Hurry {
    /// From now on.
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
