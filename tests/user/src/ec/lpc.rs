// SPDX-License-Identifier: GPL-2.0

//! The virtual EC, reached over the kernel's LPC driver.

use super::{Cell, Driver};
use crate::module::Loaded;

/// The LPC transport with a driver on top, for as long as this lives.
#[derive(Debug)]
pub struct Lpc {
    _modules: Loaded,
}

impl Lpc {
    /// Loads the transport and `driver`, which then serves the nodes.
    pub fn load(driver: Driver) -> Self {
        let module = match driver {
            Driver::C => "cros_ec_chardev",
            Driver::Devscope => "cros_ec_chardev_rust",
        };
        let modules = Loaded::new(&[module, "cros_ec_lpcs", "cros_ec_dev"]);
        for node in ["cros_ec", "cros_pd"] {
            Cell::get(node).bind(driver);
        }
        Self { _modules: modules }
    }
}
