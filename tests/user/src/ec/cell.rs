// SPDX-License-Identifier: GPL-2.0

//! The platform device of a node of a controller, and the driver that is bound to it.

use crate::{device, wait_until, HANG};
use rustix::{fd::OwnedFd, fs::OFlags, io};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// The directory of the platform bus in sysfs.
const BUS: &str = "/sys/bus/platform";

/// The drivers of such a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// The kernel's driver.
    C,
    /// Ours.
    Devscope,
    /// The kernel's with two calls replaced, which has the same name (`tests/c-drivers`).
    Fenced,
}

impl Driver {
    /// The two that are compared.
    pub const ALL: [Self; 2] = [Self::C, Self::Devscope];

    /// Its name on the platform bus.
    pub fn name(self) -> &'static str {
        match self {
            Self::C | Self::Fenced => "cros-ec-chardev",
            Self::Devscope => "cros-ec-chardev-rust",
        }
    }
}

/// The platform device of a node: `cros-ec-chardev.2.auto`, for instance.
#[derive(Clone, Debug)]
pub struct Cell {
    name: String,
    node: PathBuf,
}

impl Cell {
    /// The device of the node `node`, such as `cros_ec`. There is one for each class device of the
    /// controllers' driver, which has the same name.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn get(node: &str) -> Self {
        let parent = Path::new("/sys/class/chromeos").join(node).join("device");
        let mut name = None;
        wait_until(HANG, || {
            let entries = fs::read_dir(&parent).into_iter().flatten().flatten();
            name = entries
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .find(|name| name.starts_with("cros-ec-chardev."));
            name.is_some()
        });
        Self {
            name: name.unwrap_or_else(|| panic!("there is no controller {node}")),
            node: Path::new("/dev").join(node),
        }
    }

    /// Its name on the platform bus.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path of its node.
    pub fn node(&self) -> &Path {
        &self.node
    }

    /// The driver that is bound to it, if there is one.
    pub fn driver(&self) -> Option<Driver> {
        let link = fs::read_link(self.sysfs().join("driver")).ok()?;
        let name = link.file_name()?.to_str()?;
        Driver::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Binds `driver` to it. Unbinds another driver first.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn bind(&self, driver: Driver) {
        if self.driver() == Some(driver) {
            return;
        }
        if self.driver().is_some() {
            self.unbind();
        }
        let wanted = self.sysfs().join("driver_override");
        fs::write(&wanted, driver.name()).expect("driver_override");
        let file = format!("{BUS}/drivers/{}/bind", driver.name());
        let (result, _) = device::write_timed(&file, &self.name);
        result.unwrap_or_else(|e| panic!("bind {} to {}: {e}", self.name, driver.name()));
        assert!(
            wait_until(HANG, || self.node.exists()),
            "{} has no node",
            self.name
        );
    }

    /// Unbinds its driver. Returns how long that took.
    ///
    /// # Panics
    ///
    /// If no driver is bound, and if that fails.
    pub fn unbind(&self) -> Duration {
        let (result, took) = self.try_unbind();
        result.unwrap_or_else(|e| panic!("unbind {}: {e}", self.name));
        took
    }

    /// The same, but also returns the result.
    ///
    /// # Panics
    ///
    /// If no driver is bound, and if it does not end.
    pub fn try_unbind(&self) -> (io::Result<()>, Duration) {
        device::write_timed(&self.unbind_file(), &self.name)
    }

    /// Binds the driver that is loaded for it. Returns the result, and how long that took.
    ///
    /// # Panics
    ///
    /// If it does not end, and if no driver is loaded.
    pub fn try_bind(&self) -> (io::Result<()>, Duration) {
        let loaded = |it: &Driver| Path::new(BUS).join("drivers").join(it.name()).exists();
        let driver = Driver::ALL.into_iter().find(loaded);
        let driver = driver.expect("a driver is loaded").name();
        device::write_timed(&format!("{BUS}/drivers/{driver}/bind"), &self.name)
    }

    /// The file to which its name is written to unbind it.
    ///
    /// # Panics
    ///
    /// If no driver is bound.
    pub fn unbind_file(&self) -> String {
        let driver = self.driver().expect("a driver has it");
        format!("{BUS}/drivers/{}/unbind", driver.name())
    }

    /// Opens its node, which must succeed.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn open(&self, flags: OFlags) -> OwnedFd {
        device::open(&self.node, flags)
            .unwrap_or_else(|e| panic!("open {}: {e}", self.node.display()))
    }

    /// Its directory in sysfs.
    pub fn sysfs(&self) -> PathBuf {
        Path::new(BUS).join("devices").join(&self.name)
    }
}
