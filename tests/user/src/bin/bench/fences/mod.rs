// SPDX-License-Identifier: GPL-2.0

//! Compares fences, which keep callers from a device that is gone: `tests/kmod/bench/fences`, and
//! ours.

mod calls;
mod fit;
mod instructions;
mod lines;
mod memory;
mod throughput;
mod unbind;

pub use instructions::instructions;
pub use lines::shared_lines;
pub use memory::memory;
pub use throughput::throughput;
pub use unbind::unbind;

use devscope_tests::{
    device::open,
    module::{load, unload},
    wait_until, HANG,
};
use rustix::{fd::OwnedFd, fs::OFlags, io};
use std::{fs, path::PathBuf, sync::Barrier};

/// A fence.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fence {
    /// The name of its devices.
    name: &'static str,
    /// Its name in the tables.
    pub what: &'static str,
    /// Whether unplug wakes a caller that sleeps in `poll()`.
    wakes: bool,
}

const fn fence(name: &'static str, what: &'static str) -> Fence {
    Fence {
        name,
        what,
        wakes: false,
    }
}

/// A fence that wakes callers of `poll()`.
const fn waking(name: &'static str, what: &'static str) -> Fence {
    Fence {
        wakes: true,
        ..fence(name, what)
    }
}

/// The one that all are compared with: it protects nothing.
pub const NONE: Fence = fence("none", "no fence, C");
/// Ours, in C.
pub const OURS_IN_C: Fence = waking("ours", "Devscope, C");
/// Ours, in Rust.
pub const OURS: Fence = waking("gate", "Devscope, Rust");

/// All of them.
pub const FENCES: [Fence; 10] = [
    NONE,
    fence("rwsem", "rwsem and flag (cros_ec)"),
    waking("mutex", "mutex and flag (evdev)"),
    fence("srcu", "SRCU and flag (gpiolib)"),
    fence("global-srcu", "one SRCU for all (DRM)"),
    fence("active", "active reference (kernfs)"),
    fence("refcount", "refcount, completion (debugfs)"),
    fence("percpu", "per-CPU reference (block)"),
    OURS_IN_C,
    OURS,
];

impl Fence {
    /// Its device number `index`.
    fn device(self, index: usize) -> String {
        format!("bench-{}.{index}", self.name)
    }

    /// A file in the directory of its driver.
    fn driver_file(self, file: &str) -> PathBuf {
        let driver = if self == OURS {
            "bench_gate"
        } else {
            "bench-fences"
        };
        PathBuf::from(format!("/sys/bus/platform/drivers/{driver}/{file}"))
    }

    /// Opens the node of its first device.
    fn try_open(self) -> io::Result<OwnedFd> {
        open(&PathBuf::from("/dev").join(self.device(0)), OFlags::RDWR)
    }

    /// The same, which must succeed.
    fn open(self) -> OwnedFd {
        // The node is created a moment after its device.
        let mut file = self.try_open();
        wait_until(HANG, || {
            if file.is_err() {
                file = self.try_open();
            }
            file.is_ok()
        });
        file.unwrap_or_else(|e| panic!("open {}: {e}", self.device(0)))
    }

    /// Binds its device number `index`.
    fn bind(self, index: usize) {
        fs::write(self.driver_file("bind"), self.device(index)).expect("bind");
    }

    /// Unbinds its device number `index`.
    fn unbind(self, index: usize) {
        fs::write(self.driver_file("unbind"), self.device(index)).expect("unbind");
    }
}

/// The modules, which are loaded while this lives.
struct Modules;

impl Modules {
    /// Loads them, with a device for each fence.
    fn load() -> Self {
        Self::with("")
    }

    /// Loads them, with this many devices for one fence, and none for others. None is bound.
    fn with_many(fence: Fence, devices: usize) -> Self {
        fs::write(AUTOPROBE, "0").expect(AUTOPROBE);
        let modules = Self::with(&format!("only=bench-{} devices={devices}", fence.name));
        fs::write(AUTOPROBE, "1").expect(AUTOPROBE);
        modules
    }

    fn with(parameters: &str) -> Self {
        load("bench_fences", parameters).expect("insmod bench_fences");
        let modules = Self;
        load("bench_gate", "").expect("insmod bench_gate");
        modules
    }
}

/// Whether the bus binds new devices and drivers itself.
const AUTOPROBE: &str = "/sys/bus/platform/drivers_autoprobe";

impl Drop for Modules {
    fn drop(&mut self) {
        for name in ["bench_gate", "bench_fences"] {
            // The last file is closed a moment after its descriptor.
            if !wait_until(HANG, || {
                matches!(unload(name), Ok(()) | Err(io::Errno::NOENT))
            }) {
                eprintln!("rmmod {name}: it is in use");
            }
        }
    }
}

/// Waits at a barrier when this is dropped, also on a panic: so the other threads do not hang.
struct Meeting<'a>(&'a Barrier);

impl Drop for Meeting<'_> {
    fn drop(&mut self) {
        self.0.wait();
    }
}
