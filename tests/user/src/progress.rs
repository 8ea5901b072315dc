// SPDX-License-Identifier: GPL-2.0

//! How far a long test is, in the kernel's log: who runs the guest takes silence for a hang.

use std::fs;

/// How many steps are told of at once.
const STEPS: usize = 50;

/// Tells that `done` of `all` steps are done, now and then.
pub fn tell(what: &str, done: usize, all: usize) {
    if done > 0 && done.is_multiple_of(STEPS) {
        let line = format!("devscope: {what}: {done} of {all}\n");
        fs::write("/dev/kmsg", line).expect("/dev/kmsg");
    }
}
