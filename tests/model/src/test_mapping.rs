// SPDX-License-Identifier: GPL-2.0

//! Pages that are mapped while their file is revoked or their device unplugged: afterwards, no
//! access reaches them.

use crate::char_device::{CharDevice, OpenFile};
use loom::thread::{self, JoinHandle};
use std::sync::Arc;

/// A thread that accesses a page twice. The first access causes a fault.
fn program(device: &Arc<CharDevice>, file: &Arc<OpenFile>) -> JoinHandle<bool> {
    let (device, file) = (device.clone(), file.clone());
    thread::spawn(move || {
        let there = device.fault(&file);
        device.touch(&file);
        there
    })
}

#[test]
fn fault_against_unplug() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let program = program(&device, &file);
        device.unplug();
        device.touch(&file);
        program.join().unwrap();
        device.touch(&file);
        assert!(!device.fault(&file));
    });
}

#[test]
fn fault_against_revoke() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let program = program(&device, &file);
        assert!(device.revoke(&file));
        device.touch(&file);
        program.join().unwrap();
        device.touch(&file);
        assert!(!device.fault(&file));
    });
}

#[test]
fn fault_against_revoke_of_all() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let program = program(&device, &file);
        assert!(device.revoke_all());
        device.touch(&file);
        program.join().unwrap();
        device.touch(&file);
        assert!(!device.fault(&file));
    });
}

#[test]
fn mapped_before_unplug() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let other = device.open().unwrap();
        assert!(device.fault(&file) && device.fault(&other));
        let toucher = {
            let (device, file) = (device.clone(), file.clone());
            thread::spawn(move || device.touch(&file))
        };
        device.unplug();
        toucher.join().unwrap();
        device.touch(&other);
    });
}

#[test]
fn revoke_leaves_other_files_mapped() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let other = device.open().unwrap();
        assert!(device.fault(&file) && device.fault(&other));
        let revoker = {
            let (device, file) = (device.clone(), file.clone());
            thread::spawn(move || assert!(device.revoke(&file)))
        };
        device.touch(&other);
        revoker.join().unwrap();
        assert!(other.mapping.is_there());
        device.touch(&file);
    });
}

#[test]
fn revoke_against_unplug_of_a_mapping() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        assert!(device.fault(&file));
        let revoker = {
            let (device, file) = (device.clone(), file.clone());
            thread::spawn(move || {
                device.revoke(&file);
            })
        };
        device.unplug();
        device.touch(&file);
        revoker.join().unwrap();
        file.connection.assert_removed();
    });
}
