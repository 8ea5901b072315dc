// SPDX-License-Identifier: GPL-2.0

//! The number of online CPUs.

use rustix::thread::{sched_getaffinity, sched_setaffinity, CpuSet};
use std::{fs, path::PathBuf};

/// While this lives, only one CPU is online.
///
/// To be held while the machine's memory map changes: if another CPU accesses a device or its own
/// timer at this moment, QEMU may access something else (Documentation/testing.rst, "Faults of the
/// machine").
pub struct OneCpu(Vec<PathBuf>);

impl OneCpu {
    /// Takes the other CPUs offline.
    pub fn take() -> Self {
        let mut off = Self(Vec::new());
        // The first CPU has no such file.
        for cpu in fs::read_dir("/sys/devices/system/cpu").expect("sysfs on /sys") {
            let online = cpu.expect("a directory entry").path().join("online");
            if fs::read_to_string(&online).is_ok_and(|text| text.trim() == "1") {
                fs::write(&online, "0").expect("turn a CPU off");
                off.0.push(online);
            }
        }
        off
    }
}

impl Drop for OneCpu {
    fn drop(&mut self) {
        for online in &self.0 {
            if let Err(e) = fs::write(online, "1") {
                eprintln!("1 to {}: {e}", online.display());
            }
        }
    }
}

/// The CPUs that are online, as the kernel lists them.
pub fn online() -> String {
    let list = fs::read_to_string("/sys/devices/system/cpu/online").expect("sysfs on /sys");
    list.trim().to_owned()
}

/// How many CPUs this thread may run on.
pub fn count() -> usize {
    let set = sched_getaffinity(None).expect("sched_getaffinity");
    set.count() as usize
}

/// Binds this thread to one CPU.
pub fn stay_on(cpu: usize) {
    let mut one = CpuSet::new();
    one.set(cpu);
    sched_setaffinity(None, &one).expect("sched_setaffinity");
}
