// SPDX-License-Identifier: GPL-2.0

//! C drivers of the kernel, unchanged and with two calls replaced (`tests/c-drivers`).

use crate::{
    device::open,
    ec::{Driver as EcDriver, TestEc},
    module::Loaded,
    pace,
    sleeper::Sleeper,
    wait_until, HANG, UNBIND_LIMIT,
};
use rustix::{fd::OwnedFd, fs::OFlags};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// A driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// `cros_ec_chardev.c`
    CrosEc,
    /// `i2c-dev.c`
    I2c,
    /// `kcs_bmc_cdev_ipmi.c`
    Kcs,
    /// `serio_raw.c`
    Serio,
    /// `uio.c`
    Uio,
}

impl Driver {
    /// Its source.
    pub fn source(self) -> &'static str {
        match self {
            Self::CrosEc => "cros_ec_chardev.c",
            Self::I2c => "i2c-dev.c",
            Self::Kcs => "kcs_bmc_cdev_ipmi.c",
            Self::Serio => "serio_raw.c",
            Self::Uio => "uio.c",
        }
    }

    fn modules(self, form: Form) -> &'static [&'static str] {
        match (self, form) {
            (Self::CrosEc, _) => &[],
            (Self::I2c, Form::Before) => &["i2c_dev", "testi2c"],
            (Self::I2c, Form::After) => &["i2c_dev_sync", "testi2c"],
            (Self::Kcs, Form::Before) => &["testkcs", "kcs_bmc_cdev_ipmi"],
            (Self::Kcs, Form::After) => &["testkcs", "kcs_bmc_cdev_ipmi_sync"],
            (Self::Serio, Form::Before) => &["i8042", "serio_raw"],
            (Self::Serio, Form::After) => &["i8042", "serio_raw_sync"],
            (Self::Uio, Form::Before) => &["testuio"],
            (Self::Uio, Form::After) => &["testuio_sync"],
        }
    }

    /// The name of its device on the platform bus, without the number.
    fn platform(self) -> &'static str {
        match self {
            Self::I2c => "testi2c",
            Self::Kcs => "testkcs",
            _ => "testuio",
        }
    }

    /// Its node, if there is one.
    pub fn node(self) -> Option<PathBuf> {
        let (dir, prefix) = match self {
            Self::CrosEc => ("/dev", "cros_ec"),
            Self::I2c => ("/sys/devices/platform/testi2c.0", "i2c-"),
            Self::Kcs => ("/dev", "ipmi-kcs1"),
            Self::Serio => ("/dev", "serio_raw"),
            Self::Uio => ("/sys/devices/platform/testuio.0/uio", "uio"),
        };
        let names = fs::read_dir(dir).into_iter().flatten().flatten();
        let mut names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let node = Path::new("/dev").join(names.find(|name| name.starts_with(prefix))?);
        node.exists().then_some(node)
    }
}

/// Before or after the two calls are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As in the kernel's source.
    Before,
    /// With the fence.
    After,
}

/// A file of sysfs, and the text to write to it.
#[derive(Clone)]
struct Order(String, String);

/// A driver that is loaded, with a device that can be unplugged.
pub struct Rig {
    driver: Driver,
    unplug: Order,
    plug: Order,
    /// The embedded controller, for [`Driver::CrosEc`].
    pub ec: Option<TestEc>,
    _modules: Loaded,
}

impl Rig {
    /// Loads it, and waits for the node.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn new(driver: Driver, form: Form) -> Self {
        let modules = Loaded::new(driver.modules(form));
        let ec = (driver == Driver::CrosEc).then(|| {
            TestEc::with_one_node(match form {
                Form::Before => EcDriver::C,
                Form::After => EcDriver::Fenced,
            })
        });
        let at = |dir: &str, device: &str| {
            ["unbind", "bind"].map(|file| Order(format!("{dir}/{file}"), device.to_owned()))
        };
        let [unplug, plug] = match driver {
            Driver::CrosEc => at(
                "/sys/bus/platform/drivers/cros-ec-chardev",
                ec.as_ref().expect("a controller").cell("cros_ec").name(),
            ),
            Driver::Serio => ["none", "serio_raw"].map(|what| {
                Order(
                    "/sys/bus/serio/devices/serio0/drvctl".to_owned(),
                    what.to_owned(),
                )
            }),
            platform => {
                let name = platform.platform();
                at(
                    &format!("/sys/bus/platform/drivers/{name}"),
                    &format!("{name}.0"),
                )
            }
        };
        let rig = Self {
            driver,
            unplug,
            plug,
            ec,
            _modules: modules,
        };
        if driver == Driver::Serio {
            let drvctl = Path::new(&rig.plug.0);
            assert!(wait_until(HANG, || drvctl.exists()), "no port");
            rig.plug();
        }
        rig.node();
        rig
    }

    /// Waits for its node, and returns the path.
    ///
    /// # Panics
    ///
    /// If it does not appear.
    pub fn node(&self) -> PathBuf {
        let mut node = None;
        wait_until(HANG, || {
            node = self.driver.node();
            node.is_some()
        });
        node.unwrap_or_else(|| panic!("{:?} has no node", self.driver))
    }

    /// Opens the node.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn open(&self, flags: OFlags) -> OwnedFd {
        let path = self.node();
        open(&path, flags).unwrap_or_else(|e| panic!("open {}: {e}", path.display()))
    }

    /// Starts a thread that unplugs the device.
    pub fn start_unplug(&self) -> Sleeper<bool> {
        let Order(path, text) = self.unplug.clone();
        Sleeper::start("an unplug", move || fs::write(path, text).is_ok())
    }

    /// Unplugs the device, which must succeed soon.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn unplug(&self) {
        let start = Instant::now();
        self.unplug_slowly();
        pace::assert_within(start.elapsed(), UNBIND_LIMIT, "unplug");
    }

    /// Unplugs the device, which must succeed.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn unplug_slowly(&self) {
        assert!(self.start_unplug().result(), "{:?}: unplug", self.driver);
    }

    /// Plugs the device in again.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn plug(&self) {
        let Order(path, text) = self.plug.clone();
        let plug = Sleeper::start("a plug", move || fs::write(path, text).is_ok());
        assert!(plug.result(), "{:?}: plug", self.driver);
    }
}
