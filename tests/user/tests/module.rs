// SPDX-License-Identifier: GPL-2.0

//! rmmod while files are open, and a probe that fails at each of its steps.

use devscope_tests::{
    device::Device,
    module::{is_loaded, load, unload},
    pci::State,
    proc::calls,
    sleeper::Sleeper,
    testdev, wait_until, HANG,
};
use rustix::{
    fs::OFlags,
    io::{read, Errno},
};
use std::{fs, sync::Arc};

const MODULE: &str = "testdev";
/// The driver of its auxiliary devices, which uses it.
const CHILD: &str = "testchild";

/// Restores the loaded module, however the test ends. Declare it after the devices: it must be
/// dropped first.
struct Reload;

impl Drop for Reload {
    fn drop(&mut self) {
        if is_loaded(MODULE) {
            if let Err(e) = unload(MODULE) {
                eprintln!("rmmod {MODULE}: {e}");
            }
        }
        if let Err(e) = load(MODULE, "") {
            eprintln!("insmod {MODULE}: {e}");
        }
    }
}

/// The devices, with no users of the module but the tests.
fn devices() -> [Device; 2] {
    if is_loaded(CHILD) {
        assert_eq!(unload(CHILD), Ok(()));
    }
    [0, 1].map(|index| Device::get(MODULE, index))
}

/// The entries of `dir` whose names start with that of the module.
fn leftovers(dir: &str) -> Vec<String> {
    let names = fs::read_dir(dir).expect("a directory").flatten();
    let names = names.map(|entry| entry.file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(MODULE)).collect()
}

fn assert_no_nodes() {
    assert!(
        wait_until(HANG, || leftovers("/dev").is_empty()),
        "{:?}",
        leftovers("/dev")
    );
    assert_eq!(leftovers("/sys/class/misc"), [""; 0]);
}

#[test]
fn open_file_holds_the_module() {
    let devices = devices();
    let _reload = Reload;
    let fd = devices[0].open(OFlags::RDWR);
    assert_eq!(unload(MODULE), Err(Errno::WOULDBLOCK));
    assert_eq!(
        testdev::echo(&fd, &mut [0; 64]),
        Ok(()),
        "nothing has happened"
    );
    drop(fd);
    assert_eq!(unload(MODULE), Ok(()));
    assert!(!is_loaded(MODULE));
    assert_no_nodes();
}

#[test]
fn open_file_of_each_kind_holds_the_module() {
    let devices = devices();
    let _reload = Reload;
    let fd = devices[1].open_mem();
    assert_eq!(unload(MODULE), Err(Errno::WOULDBLOCK));
    drop(fd);
    assert_eq!(unload(MODULE), Ok(()));
}

#[test]
fn unplugged_open_file_holds_the_module() {
    let devices = devices();
    let _reload = Reload;
    let fd = devices[0].open(OFlags::RDWR);
    let mem = devices[1].open_mem();
    devices.iter().for_each(|device| _ = device.unbind());
    assert_eq!(unload(MODULE), Err(Errno::WOULDBLOCK));
    assert_eq!(read(&fd, &mut [0; 4]), Err(Errno::NODEV));
    drop(fd);
    assert_eq!(unload(MODULE), Err(Errno::WOULDBLOCK));
    drop(mem);
    assert_eq!(unload(MODULE), Ok(()));
}

#[test]
fn driver_modules_hold_the_framework() {
    assert_eq!(unload("devscope"), Err(Errno::WOULDBLOCK));
}

#[test]
fn probe_that_fails_leaves_nothing() {
    let devices = devices();
    for step in 1..=4 {
        let _reload = Reload;
        assert_eq!(unload(MODULE), Ok(()));
        let before = devices.each_ref().map(State::of);
        assert_eq!(
            load(MODULE, &format!("fail_step={step}")),
            Ok(()),
            "step {step}"
        );
        assert_no_nodes();
        for device in &devices {
            assert!(!device.is_bound(), "step {step}");
            assert_eq!(device.try_bind().0, Err(Errno::IO), "step {step}");
            assert!(!device.is_bound(), "step {step}");
        }
        assert_eq!(devices.each_ref().map(State::of), before, "step {step}");
        assert_eq!(before.map(|state| state.enabled), [0; 2]);
        assert_no_nodes();
    }
    for device in &devices {
        assert!(wait_until(HANG, || device.is_bound()));
        let fd = device.open(OFlags::RDWR);
        assert_eq!(testdev::echo(&fd, &mut [0; 64]), Ok(()));
    }
}

/// The parameter of the framework that selects expedited grace periods.
const EXPEDITE: &str = "/sys/module/devscope/parameters/expedite";

/// Restores the parameter, however the test ends.
struct Restore(String);

impl Drop for Restore {
    fn drop(&mut self) {
        if let Err(e) = fs::write(EXPEDITE, &self.0) {
            eprintln!("{EXPEDITE}: {e}");
        }
    }
}

/// The benchmark shows which is shorter.
#[test]
fn grace_periods_are_expedited_or_not() {
    let was = Restore(fs::read_to_string(EXPEDITE).expect("a parameter"));
    let device = Device::get(MODULE, 0);
    for expedite in ["N", "Y"] {
        fs::write(EXPEDITE, expedite).expect("to be written");
        let share = Arc::new(device.open(OFlags::RDONLY));
        let file = share.clone();
        let reader = Sleeper::start("a reader", move || read(file, &mut [0; 4]));
        reader.wait_asleep(calls::READ);
        device.unbind();
        assert_eq!(reader.result(), Err(Errno::NODEV));
        device.bind();
        assert_eq!(fs::read_to_string(EXPEDITE).expect("it").trim(), expedite);
    }
    drop(was);
}
