// SPDX-License-Identifier: GPL-2.0

//! References to devices that outlive the modules that created them.

use devscope_tests::{
    hostile::{attack, Attack},
    module::{is_loaded, load, unload, Loaded},
};
use rustix::fs::OFlags;
use std::fs;

/// Keeps what the hostile drivers give it.
const KEEPER: &str = "keeper";
const CHILDREN: [u8; 3] = [1, 2, 3];

/// Asserts that the driver's module is unloaded, and then drops the references.
fn let_go(driver: &str, keeper: Loaded) {
    assert!(!is_loaded(driver), "it was not held");
    drop(keeper);
    assert!(!is_loaded(KEEPER));
}

#[test]
fn device_of_an_input_handle() {
    const HANDLER: &str = "input_kept_devres";
    let keeper = Loaded::new(&[KEEPER]);
    let _device = Loaded::new(&["testinput"]);
    let input = Loaded::dependencies_of(HANDLER);
    load(HANDLER, "").expect("insmod");
    let devices = fs::read_to_string("/proc/bus/input/devices").expect("procfs");
    assert!(devices.contains(HANDLER), "it is connected to none");
    unload(HANDLER).expect("rmmod");
    drop(input);
    let_go(HANDLER, keeper);
}

#[test]
fn devices_of_a_driver() {
    const DRIVER: &str = "kept_children";
    let keeper = Loaded::new(&[KEEPER]);
    let driver = Attack::with_devices(DRIVER, 1);
    let fd = driver.device(0).open(OFlags::RDWR);
    for child in CHILDREN {
        assert_eq!(attack(&fd, child, 0), Ok(()), "child {child}");
    }
    drop(fd);
    drop(driver);
    let_go(DRIVER, keeper);
}
