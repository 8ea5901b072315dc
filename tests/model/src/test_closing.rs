// SPDX-License-Identifier: GPL-2.0

//! Files are opened and released while their device is unplugged: each is disconnected once, before
//! the data of the device is dropped. `Data::remove` checks both.

use crate::char_device::CharDevice;
use loom::thread;

#[test]
fn open_against_unplug() {
    crate::model(|| {
        let device = CharDevice::new();
        let opener = {
            let device = device.clone();
            thread::spawn(move || device.open())
        };
        device.unplug();
        if let Some(file) = opener.join().unwrap() {
            assert!(file.pass.is_unplugged(), "missed by the closer");
            file.connection.assert_removed();
        }
    });
}

#[test]
fn release_against_unplug() {
    crate::bounded_model(|| {
        let (device, file) = CharDevice::with_file();
        let other = device.open().unwrap();
        let releasers = [file, other].map(|file| {
            let device = device.clone();
            thread::spawn(move || {
                device.release(file.clone());
                file
            })
        });
        device.unplug();
        for releaser in releasers {
            releaser.join().unwrap().connection.assert_removed();
        }
    });
}

#[test]
fn short_life_against_unplug() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let opener = {
            let device = device.clone();
            thread::spawn(move || {
                if let Some(file) = device.open() {
                    device.release(file);
                }
            })
        };
        let caller = {
            let (device, file) = (device.clone(), file.clone());
            thread::spawn(move || {
                if let Some(_inside) = device.enter(&file) {
                    file.connection.read();
                }
            })
        };
        device.unplug();
        opener.join().unwrap();
        caller.join().unwrap();
        file.connection.assert_removed();
    });
}
