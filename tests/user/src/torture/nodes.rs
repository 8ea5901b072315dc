// SPDX-License-Identifier: GPL-2.0

//! The nodes that the tool runs on, each with its driver loaded and its device bound.

use super::{planted::TestFault, reloads, run, Report};
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

/// The names of the nodes of samples, ports and test drivers.
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

/// A node that exists.
pub struct Node {
    /// Its path.
    pub path: PathBuf,
    /// The name of its profile.
    pub profile: &'static str,
    /// The module that it depends on, if this module can be unloaded.
    pub module: Option<&'static str>,
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
            module: None,
            _keeps: Box::new(keeps),
        }
    }

    /// The same, with a module that can be unloaded.
    pub fn reloaded(self, module: &'static str) -> Self {
        Self {
            module: Some(module),
            ..self
        }
    }

    /// Runs the tool for this many seconds, with more arguments, and all ways to unplug.
    pub fn torment(&self, seconds: u64, more: &[&str]) -> Report {
        let reloads = self.module.map(|module| reloads(module, ""));
        let reloads = reloads.iter().flatten().map(String::as_str);
        let arguments: Vec<_> = reloads.chain(more.iter().copied()).collect();
        run(&self.path, Some(self.profile), seconds, &arguments)
    }

    /// The node of a name in [`ALL`].
    ///
    /// # Panics
    ///
    /// If there is none, or it cannot be set up.
    pub fn get(name: &str) -> Self {
        match name {
            "edu" => Self::new("/dev/edu0", "edu", Device::get("edu", 0)).reloaded("edu"),
            "edu-ram" => Self::new("/dev/edu0-ram", "edu-ram", Device::get("edu", 0)),
            "loopchan" => Self::sole("loopchan").reloaded("loopchan"),
            "ramdisk" => Self::sole("ramdisk").reloaded("ramdisk"),
            "evdev" => Self::evdev(Handler::Devscope).reloaded("testinput"),
            "cros_ec" => Self::cros_ec(ec::Driver::Devscope),
            "testdev" => Self::testdev("/dev/testdev0", "testdev"),
            "testdev-mem" => Self::testdev("/dev/testdev0-mem", "testdev-mem"),
            "testdev-map" => Self::testdev("/dev/testdev0-map", "testdev-map"),
            "testdev-box" => Self::testdev("/dev/testdev0-box", "testdev-box"),
            "testchild" => {
                let module = Loaded::new(&["testchild"]);
                let parent = Device::get("testdev", 0);
                let child = parent.child();
                Self::new("/dev/testchild0", "testchild", (child, parent, module))
                    .reloaded("testchild")
            }
            "testfault" => Self::new("/dev/testfault", "testfault", TestFault::load("none"))
                .reloaded("testfault"),
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

    /// The node of an input device with either handler.
    pub fn evdev(handler: Handler) -> Self {
        let handlers = Handlers::only(handler);
        let input = TestInput::load("");
        Self::new(input.node(), "evdev", (input, handlers))
    }

    /// The node of an embedded controller with either driver.
    pub fn cros_ec(driver: ec::Driver) -> Self {
        Self::new("/dev/cros_ec", "testec", TestEc::with_one_node(driver))
    }
}
