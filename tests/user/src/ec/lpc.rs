// SPDX-License-Identifier: GPL-2.0

//! The virtual EC, reached over the kernel's LPC driver.

use super::{Cell, Driver};
use crate::{device::write_timed, module::Loaded};
use rustix::io;
use std::time::Duration;

/// The driver of the bus, and what it drives.
const BUS_DRIVER: &str = "/sys/bus/platform/drivers/cros_ec_lpcs";
const DEVICE: &str = "GOOG0004:00";

/// The LPC transport with a driver on top, for as long as this lives.
#[derive(Debug)]
pub struct Lpc {
    _modules: Loaded,
}

impl Lpc {
    /// Loads the transport and `driver`, which then serves the nodes.
    pub fn load(driver: Driver) -> Self {
        let modules = Loaded::new(&[driver.module(), "cros_ec_lpcs", "cros_ec_dev"]);
        for node in ["cros_ec", "cros_pd"] {
            Cell::get(node).bind(driver);
        }
        Self { _modules: modules }
    }

    /// Takes the controller from the driver of its bus, and so all of its cells; says how that ended
    /// and how long it took.
    pub fn try_unbind(&self) -> (io::Result<()>, Duration) {
        write_timed(&format!("{BUS_DRIVER}/unbind"), DEVICE)
    }

    /// Gives it back; says how that ended and how long it took.
    pub fn try_bind(&self) -> (io::Result<()>, Duration) {
        write_timed(&format!("{BUS_DRIVER}/bind"), DEVICE)
    }
}
