// SPDX-License-Identifier: GPL-2.0

//! The virtual EC, which the kernel's LPC driver accesses.

use super::{Cell, Driver};
use crate::{device::write_timed, module::Loaded};
use rustix::io;
use std::time::Duration;

/// The driver of the transport, and its device.
const BUS_DRIVER: &str = "/sys/bus/platform/drivers/cros_ec_lpcs";
const DEVICE: &str = "GOOG0004:00";

/// The LPC transport and a driver of its nodes, which are loaded while this lives.
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

    /// Unbinds the controller from its transport, which removes all its cells. Returns the result,
    /// and how long it took.
    pub fn try_unbind(&self) -> (io::Result<()>, Duration) {
        write_timed(&format!("{BUS_DRIVER}/unbind"), DEVICE)
    }

    /// Binds it again. Returns the result, and how long it took.
    pub fn try_bind(&self) -> (io::Result<()>, Duration) {
        write_timed(&format!("{BUS_DRIVER}/bind"), DEVICE)
    }
}
