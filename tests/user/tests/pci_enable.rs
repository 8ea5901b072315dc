// SPDX-License-Identifier: GPL-2.0

//! Unbind disables what a driver has enabled in a PCI device.

use devscope_tests::{
    cpus::OneCpu,
    device::Device,
    pci::{enable, set_command, State, MASTER, MEMORY},
};
use rustix::fs::OFlags;

/// One device of each driver, unbound.
fn unbound() -> [Device; 2] {
    ["edu", "testdev"].map(|driver| {
        let device = Device::get(driver, 0);
        device.unbind();
        device
    })
}

#[test]
fn unbind_leaves_a_device_as_it_was() {
    for device in unbound() {
        let before = State::of(&device);
        assert_eq!(
            (before.enabled, before.command & MASTER),
            (0, 0),
            "{}",
            device.addr()
        );
        for _ in 0..3 {
            device.bind();
            assert_eq!(State::of(&device).enabled, 1, "{}", device.addr());
            device.unbind();
            assert_eq!(State::of(&device), before, "{}", device.addr());
        }
    }
}

#[test]
fn a_device_that_was_turned_off_is_turned_on() {
    let device = Device::get("edu", 0);
    device.unbind();
    // The memory map changes.
    let _one = OneCpu::take();
    let before = State::of(&device);
    // The state in which vfio leaves a device.
    set_command(&device, before.command & !MEMORY);
    device.bind();
    assert_ne!(State::of(&device).command & MEMORY, 0);
    drop(device.open(OFlags::RDWR));
    device.unbind();
    // Memory decoding is on, the state in which a C driver leaves it.
    assert_ne!(before.command & MEMORY, 0);
    assert_eq!(State::of(&device), before);
}

#[test]
fn what_others_have_turned_on_stays() {
    for device in unbound() {
        enable(&device, true);
        let before = State::of(&device);
        assert_eq!(before.enabled, 1);
        assert_ne!(before.command & MEMORY, 0);
        device.bind();
        assert_eq!(State::of(&device).enabled, 2, "{}", device.addr());
        device.unbind();
        assert_eq!(State::of(&device), before, "{}", device.addr());
        enable(&device, false);
    }
}

#[test]
fn an_open_file_keeps_nothing_on() {
    let device = Device::get("edu", 0);
    let fd = device.open(OFlags::RDWR);
    assert_ne!(State::of(&device).command & MASTER, 0);
    device.unbind();
    let after = State::of(&device);
    assert_eq!((after.enabled, after.command & MASTER), (0, 0));
    drop(fd);
    assert_eq!(State::of(&device), after);
}
