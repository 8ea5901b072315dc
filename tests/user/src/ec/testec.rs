// SPDX-License-Identifier: GPL-2.0

//! The controller that is a kernel module, `tests/kmod/testec`, with one driver for its nodes.

use super::{run, Cell, Driver, Step};
use crate::{
    device::{open, write_timed},
    module::{load, unload, Loaded},
    wait_until, HANG,
};
use rustix::{fd::OwnedFd, fs::OFlags, io};
use std::{fs, path::Path, time::Duration};

const MODULE: &str = "testec";
const DEVICE: &str = "testec.0";
const RAISE: &str = "/sys/kernel/debug/testec/raise";
const HELLO: &str = "/sys/kernel/debug/testec/hello";

/// The nodes of a controller, and of a chip behind it.
const NODES: &[&str] = &["cros_ec", "cros_pd"];

/// The controller. Dropping it unloads all modules.
pub struct TestEc {
    nodes: &'static [&'static str],
    driver: Driver,
    // They are unloaded in this order.
    _controller: Controller,
    modules: Option<Loaded>,
    _stack: Loaded,
}

/// The module of the controller.
struct Controller;

impl Driver {
    /// Its module.
    pub(super) fn module(self) -> &'static str {
        match self {
            Self::C => "cros_ec_chardev",
            Self::Devscope => "cros_ec_chardev_rust",
            Self::Fenced => "cros_ec_chardev_sync",
        }
    }
}

impl TestEc {
    /// Loads the controller and only `driver`, which binds to its cells. It has both nodes,
    /// `cros_ec` and `cros_pd`.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn with(driver: Driver) -> Self {
        Self::load(driver, NODES, "pd=1")
    }

    /// The same without `cros_pd`.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn with_one_node(driver: Driver) -> Self {
        Self::load(driver, &NODES[..1], "")
    }

    fn load(driver: Driver, nodes: &'static [&'static str], parameters: &str) -> Self {
        let stack = Loaded::new(&["cros_ec", "cros_ec_dev"]);
        let modules = Some(Loaded::new(&[driver.module()]));
        load(MODULE, parameters).unwrap_or_else(|e| panic!("insmod {MODULE}: {e}"));
        let ec = Self {
            nodes,
            driver,
            _controller: Controller,
            modules,
            _stack: stack,
        };
        ec.wait_for_nodes();
        ec
    }

    /// Unloads the driver, and loads `driver`, which binds to the cells instead.
    ///
    /// # Panics
    ///
    /// If that fails, for example because a file is open.
    pub fn switch(&mut self, driver: Driver) {
        self.modules = None;
        self.modules = Some(Loaded::new(&[driver.module()]));
        self.driver = driver;
        for node in self.nodes {
            // Its driver_override may name the other driver.
            self.cell(node).bind(driver);
        }
        self.wait_for_nodes();
    }

    /// The driver that is loaded.
    pub fn driver(&self) -> Driver {
        self.driver
    }

    /// Waits until all of its nodes exist.
    ///
    /// # Panics
    ///
    /// If that takes too long.
    pub fn wait_for_nodes(&self) {
        for node in self.nodes {
            let path = Path::new("/dev").join(node);
            let there = wait_until(HANG, || path.exists());
            assert!(there, "{:?} makes no /dev/{node}", self.driver);
        }
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

    /// Sends it a step of a script.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn run(&self, step: &Step<'_>) {
        run(self.open(OFlags::RDWR), step).unwrap_or_else(|e| panic!("{step:?}: {e}"));
    }

    /// Opens the file that raises events. It is removed when the controller is unbound.
    ///
    /// # Errors
    ///
    /// ENOENT while the controller is not bound.
    pub fn raiser() -> io::Result<OwnedFd> {
        open(Path::new(RAISE), OFlags::WRONLY)
    }

    /// Unbinds the controller from its transport, which removes all its cells. Returns the result,
    /// and how long it took.
    pub fn try_unbind(&self) -> (io::Result<()>, Duration) {
        write_timed(&transport("unbind"), DEVICE)
    }

    /// Binds it again. Returns the result, and how long it took.
    pub fn try_bind(&self) -> (io::Result<()>, Duration) {
        write_timed(&transport("bind"), DEVICE)
    }

    /// Whether its transport is bound.
    pub fn is_bound(&self) -> bool {
        fs::exists(format!("/sys/bus/platform/devices/{DEVICE}/driver")).unwrap_or(false)
    }
}

/// Makes the kernel send `count` EC_CMD_HELLO, without a character device.
///
/// # Errors
///
/// Those of the controller.
pub fn greet(count: u64) -> std::io::Result<()> {
    fs::write(HELLO, count.to_string())
}

/// A file of the transport's driver in sysfs.
pub fn transport(file: &str) -> String {
    format!("/sys/bus/platform/drivers/{MODULE}/{file}")
}

/// Raises an event. It is delivered when this returns.
///
/// # Errors
///
/// EIO after the controller was unbound.
pub fn raise(raiser: &OwnedFd, kind: u8, data: &[u8]) -> io::Result<()> {
    let event = [&[kind], data].concat();
    rustix::io::write(raiser, &event).map(drop)
}

impl Drop for Controller {
    fn drop(&mut self) {
        // If a task hangs in the module, this thread would hang, too.
        if !crate::device::hung() && !wait_until(HANG, || unload(MODULE).is_ok()) {
            eprintln!("rmmod {MODULE}: it is in use");
        }
    }
}
