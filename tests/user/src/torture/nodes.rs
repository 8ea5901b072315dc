// SPDX-License-Identifier: GPL-2.0

//! The nodes that are tormented, each with its driver loaded and its device bound.

use super::planted::TestFault;
use crate::{
    device::Device,
    ec::{self, TestEc},
    evdev::{testinput::TestInput, Handler, Handlers},
    module::Loaded,
    wait_until, HANG,
};
use std::{
    any::Any,
    path::{Path, PathBuf},
};

/// Those of samples, ports and test drivers.
pub const ALL: &[&str] = &[
    "edu",
    "edu-ram",
    "loopchan",
    "ramdisk",
    "evdev",
    "cros_ec",
    "testdev",
    "testdev-mem",
    "testdev-map",
    "testdev-box",
    "testchild",
    "testfault",
];

/// A node that is there.
pub struct Node {
    /// Its path.
    pub path: PathBuf,
    /// The name of its profile.
    pub profile: &'static str,
    _keeps: Box<dyn Any>,
}

impl Node {
    fn new(path: impl AsRef<Path>, profile: &'static str, keeps: impl Any) -> Self {
        let path = path.as_ref().to_owned();
        let there = wait_until(HANG, || path.exists());
        assert!(there, "there is no {}", path.display());
        Self {
            path,
            profile,
            _keeps: Box::new(keeps),
        }
    }

    /// The one of a name in [`ALL`].
    ///
    /// # Panics
    ///
    /// If there is none, or it cannot be had.
    pub fn get(name: &str) -> Self {
        match name {
            "edu" => Self::new("/dev/edu0", "edu", Device::get("edu", 0)),
            "edu-ram" => Self::new("/dev/edu0-ram", "edu-ram", Device::get("edu", 0)),
            "loopchan" => Self::sole("loopchan"),
            "ramdisk" => Self::sole("ramdisk"),
            "evdev" => Self::evdev(Handler::Devscope),
            "cros_ec" => Self::cros_ec(ec::Driver::Devscope),
            "testdev" => Self::new("/dev/testdev0", "testdev", Device::get("testdev", 0)),
            "testdev-mem" => Self::testdev("/dev/testdev0-mem", "testdev-mem"),
            "testdev-map" => Self::testdev("/dev/testdev0-map", "testdev-map"),
            "testdev-box" => Self::testdev("/dev/testdev0-box", "testdev-box"),
            "testchild" => {
                let module = Loaded::new(&["testchild"]);
                let parent = Device::get("testdev", 0);
                let child = parent.child();
                Self::new("/dev/testchild0", "testchild", (child, parent, module))
            }
            "testfault" => Self::new("/dev/testfault", "testfault", TestFault::load("none")),
            _ => panic!("there is no {name}, but {}", ALL.join(" ")),
        }
    }

    fn testdev(path: &str, profile: &'static str) -> Self {
        Self::new(path, profile, Device::get("testdev", 0))
    }

    fn sole(name: &'static str) -> Self {
        let module = Loaded::new(&[name]);
        Self::new(
            Path::new("/dev").join(name),
            name,
            (Device::sole(name), module),
        )
    }

    /// That of an input device with either handler.
    pub fn evdev(handler: Handler) -> Self {
        let handlers = Handlers::only(handler);
        let input = TestInput::load("");
        Self::new(input.node(), "evdev", (input, handlers))
    }

    /// That of a controller with a driver.
    pub fn cros_ec(driver: ec::Driver) -> Self {
        Self::new("/dev/cros_ec", "cros_ec", TestEc::with_one_node(driver))
    }
}
