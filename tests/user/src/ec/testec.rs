// SPDX-License-Identifier: GPL-2.0

//! The controller that is a kernel module, `tests/kmod/testec`, and the one driver that is loaded
//! for it.

use super::{run, Cell, Driver, Step};
use crate::{
    device::{open, write_timed},
    module::{is_loaded, load, unload},
    wait_until, HANG,
};
use rustix::{fd::OwnedFd, fs::OFlags, io};
use std::{fs, path::Path, time::Duration};

/// What the controller's drivers consist of, in the order of loading.
const STACK: [&str; 4] = ["mfd_core", "cros_ec_proto", "cros_ec", "cros_ec_dev"];
const MODULE: &str = "testec";
const DEVICE: &str = "testec.0";
const RAISE: &str = "/sys/kernel/debug/testec/raise";
const HELLO: &str = "/sys/kernel/debug/testec/hello";

/// The controller. It has both nodes, `cros_ec` and `cros_pd`; dropping it unloads all modules.
pub struct TestEc {
    driver: Driver,
    loaded: Vec<&'static str>,
}

impl Driver {
    /// The modules that it consists of, in the order of loading.
    fn modules(self) -> &'static [&'static str] {
        match self {
            Self::C => &["cros_ec_chardev"],
            Self::Devscope => &["devscope", "devscope_cros_ec", "cros_ec_chardev_rust"],
        }
    }
}

impl TestEc {
    /// Loads the controller with `driver` alone, which binds its cells.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn with(driver: Driver) -> Self {
        let mut ec = Self {
            driver,
            loaded: Vec::new(),
        };
        STACK.iter().for_each(|module| ec.load(module, ""));
        ec.load_driver();
        ec.load(MODULE, "pd=1");
        for node in ["cros_ec", "cros_pd"] {
            ec.wait_for(node);
        }
        ec
    }

    fn load(&mut self, module: &'static str, parameters: &str) {
        if !is_loaded(module) {
            load(module, parameters).unwrap_or_else(|e| panic!("insmod {module}: {e}"));
            self.loaded.push(module);
        }
    }

    fn load_driver(&mut self) {
        for module in self.driver.modules() {
            self.load(module, "");
        }
    }

    fn unload(&mut self, module: &'static str) {
        if self.loaded.contains(&module) {
            unload(module).unwrap_or_else(|e| panic!("rmmod {module}: {e}"));
            self.loaded.retain(|it| *it != module);
        }
    }

    /// Unloads the driver, and has `driver` bind the cells instead.
    ///
    /// # Panics
    ///
    /// If that fails, such as when a file is open.
    pub fn switch(&mut self, driver: Driver) {
        if self.driver == driver {
            return;
        }
        for module in self.driver.modules().iter().rev() {
            self.unload(module);
        }
        self.driver = driver;
        self.load_driver();
        for node in ["cros_ec", "cros_pd"] {
            // It may have been told to have the other driver only.
            self.cell(node).bind(driver);
            self.wait_for(node);
        }
    }

    /// Which driver it has.
    pub fn driver(&self) -> Driver {
        self.driver
    }

    fn wait_for(&self, node: &str) {
        let path = Path::new("/dev").join(node);
        let there = wait_until(HANG, || path.exists());
        assert!(there, "{:?} makes no /dev/{node}", self.driver);
    }

    /// The platform device of one of its nodes.
    pub fn cell(&self, node: &str) -> Cell {
        Cell::get(node)
    }

    /// Opens `/dev/cros_ec`, which must succeed.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn open(&self, flags: OFlags) -> OwnedFd {
        open(Path::new("/dev/cros_ec"), flags).expect("open /dev/cros_ec")
    }

    /// Has it do a step.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn run(&self, step: &Step<'_>) {
        run(self.open(OFlags::RDWR), step).unwrap_or_else(|e| panic!("{step:?}: {e}"));
    }

    /// What events are raised through. It goes away with the binding of the controller.
    ///
    /// # Errors
    ///
    /// ENOENT while the controller is not bound.
    pub fn raiser() -> io::Result<OwnedFd> {
        open(Path::new(RAISE), OFlags::WRONLY)
    }

    /// Takes the controller from the driver of its bus, and so all of its cells; says how that ended
    /// and how long it took.
    pub fn try_unbind(&self) -> (io::Result<()>, Duration) {
        write_timed(&transport("unbind"), DEVICE)
    }

    /// Gives it back; says how that ended and how long it took.
    pub fn try_bind(&self) -> (io::Result<()>, Duration) {
        write_timed(&transport("bind"), DEVICE)
    }

    /// Whether the driver of its bus has it.
    pub fn is_bound(&self) -> bool {
        fs::exists(format!("/sys/bus/platform/devices/{DEVICE}/driver")).unwrap_or(false)
    }
}

/// Has the kernel send `count` greetings, without a character device.
///
/// # Errors
///
/// Those of the controller.
pub fn greet(count: u64) -> std::io::Result<()> {
    fs::write(HELLO, count.to_string())
}

/// A file of the driver of the controller's bus.
pub fn transport(file: &str) -> String {
    format!("/sys/bus/platform/drivers/{MODULE}/{file}")
}

/// Raises an event; it is delivered when this returns.
///
/// # Errors
///
/// EIO once the controller is not bound any more.
pub fn raise(raiser: &OwnedFd, kind: u8, data: &[u8]) -> io::Result<()> {
    let event = [&[kind], data].concat();
    rustix::io::write(raiser, &event).map(drop)
}

impl Drop for TestEc {
    fn drop(&mut self) {
        // Whoever hangs in there would only be joined by this thread.
        if crate::device::hung() {
            return;
        }
        for module in self.loaded.iter().rev() {
            // Files are closed late when their thread is killed.
            if !wait_until(Duration::from_secs(5), || unload(module).is_ok()) {
                eprintln!("rmmod {module}: {:?}", unload(module));
                return;
            }
        }
    }
}
