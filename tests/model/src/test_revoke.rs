// SPDX-License-Identifier: GPL-2.0

//! Passes that are revoked and unplugged, and callers that drain the gate from inside.

use crate::char_device::{CharDevice, operate, spawn, until_the_end};
use crate::data::Data;
use crate::protocol::{self, Pass};
use loom::thread;
use std::sync::Arc;

#[test]
fn unplug_wins_over_revoke() {
    crate::model(|| {
        let pass = Arc::new(Pass::new());
        let revokers = [0, 1].map(|_| {
            let pass = pass.clone();
            thread::spawn(move || pass.revoke())
        });
        pass.unplug();
        let changed = crate::join(revokers);
        assert!(changed != [true, true]);
        assert!(!pass.is_live());
        assert!(pass.is_unplugged());
    });
}

#[test]
fn one_of_those_who_revoke_is_told() {
    crate::model(|| {
        let pass = Arc::new(Pass::new());
        let revokers = [0, 1].map(|_| {
            let pass = pass.clone();
            thread::spawn(move || pass.revoke())
        });
        let mut changed = u32::from(pass.revoke());
        for revoker in revokers {
            changed += u32::from(revoker.join().unwrap());
        }
        assert_eq!(changed, 1);
        assert!(pass.is_revoked());
    });
}

#[test]
fn one_inside_drains_everyone_else() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let callers = [0, 1].map(|_| spawn(&device, &file, operate));
        assert!(device.revoke(&file));
        crate::join(callers);
    });
}

/// The caller uses the device between the two steps.
#[test]
fn one_acts_before_it_drains() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let revoker = spawn(&device, &file, |device, file| {
            device.revoke_in_steps(file, || {
                device.data.read();
                file.connection.read();
            })
        });
        device.unplug();
        let revoked = revoker.join().unwrap();
        assert!(revoked || file.pass.is_unplugged());
        file.connection.assert_removed();
    });
}

#[test]
fn begun_and_forgotten() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let begun = spawn(&device, &file, |device, file| {
            let inside = device.enter(file);
            inside.is_some() && protocol::begin_revoke(&**file)
        });
        device.release(file.clone());
        let _ = begun.join().unwrap();
        device.unplug();
        file.connection.assert_removed();
    });
}

#[test]
fn who_sleeps_is_woken() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let sleeper = spawn(&device, &file, |device, file| until_the_end(device, file));
        assert!(device.revoke(&file));
        sleeper.join().unwrap();
    });
}

#[test]
fn two_drain_each_other() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let other = spawn(&device, &file, |device, file| device.revoke(file));
        let mine = device.revoke(&file);
        assert!(mine != other.join().unwrap());
    });
}

#[test]
fn two_files_drain_each_other() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let another = device.open().unwrap();
        let other = spawn(&device, &another, |device, file| device.revoke(file));
        assert!(device.revoke(&file));
        assert!(other.join().unwrap());
    });
}

#[test]
fn drain_of_others_against_unplug() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let revoker = spawn(&device, &file, |device, file| device.revoke(file));
        device.unplug();
        let revoked = revoker.join().unwrap();
        assert!(device.enter(&file).is_none());
        assert!(revoked || file.pass.is_unplugged());
        file.connection.assert_removed();
    });
}

#[test]
fn a_revoked_file_is_released() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let other = spawn(&device, &file, operate);
        assert!(device.revoke(&file));
        other.join().unwrap();
        device.release(file.clone());
        device.unplug();
        file.connection.assert_removed();
    });
}

#[test]
fn device_is_closed_from_inside() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let after = Arc::new(Data::new());
        let caller = {
            let (device, file, after) = (device.clone(), file.clone(), after.clone());
            thread::spawn(move || {
                if let Some(_inside) = device.enter(&file) {
                    after.read();
                }
            })
        };
        let opener = {
            let (device, after) = (device.clone(), after.clone());
            thread::spawn(move || {
                if let Some(_inside) = protocol::enter(&device.readers, &device.pass) {
                    after.read();
                }
            })
        };
        let inside = device.enter(&file).unwrap();
        device.pass.unplug();
        file.pass.unplug();
        assert!(device.drain_others(inside, &device.pass).is_none());
        after.remove();
        caller.join().unwrap();
        opener.join().unwrap();
    });
}
