// SPDX-License-Identifier: GPL-2.0

//! Files whose type is in one module, and whose registration is in another.

use devscope_tests::{
    device::{open, Device},
    hostile::{attack, Attack},
    module::unload,
    wait_until, HANG,
};
use rustix::{fd::OwnedFd, fs::OFlags, io::Errno};
use std::path::Path;

const DRIVER: &str = "foreign_file";

/// Checks that a file pins the module that registers it, with or without a device.
fn holds_the_module(device: &Device, open: impl Fn() -> OwnedFd) {
    let fd = open();
    for bound in [true, false] {
        assert_eq!(unload(DRIVER), Err(Errno::WOULDBLOCK), "bound: {bound}");
        if bound {
            assert_eq!(attack(&fd, 0, 0), Ok(()));
            device.unbind();
        }
    }
    assert_eq!(attack(&fd, 0, 0), Err(Errno::NODEV));
    drop(fd);
    device.bind();
}

#[test]
fn misc_file_of_another_module() {
    let foreign = Attack::with_devices(DRIVER, 1);
    let device = foreign.device(0);
    holds_the_module(device, || device.open(OFlags::RDWR));
}

#[test]
fn character_file_of_another_module() {
    let foreign = Attack::with_devices(DRIVER, 1);
    let node = Path::new("/dev/foreign_file-node");
    holds_the_module(foreign.device(0), || {
        assert!(wait_until(HANG, || node.exists()), "it has no node");
        open(node, OFlags::RDWR).expect("open the node")
    });
}
