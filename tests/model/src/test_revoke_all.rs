// SPDX-License-Identifier: GPL-2.0

//! All files of a device are revoked while the device stays: each is disconnected once, by a caller
//! that has exclusive use of it and may use the device.

use crate::char_device::{CharDevice, operate, spawn, until_the_end};

#[test]
fn from_outside() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let another = device.open().unwrap();
        let callers = [&file, &another].map(|file| spawn(&device, file, operate));
        assert!(device.revoke_all());
        for file in [&file, &another] {
            assert!(device.enter(file).is_none());
            file.connection.assert_removed();
        }
        crate::join(callers);
        device.unplug();
    });
}

#[test]
fn from_inside_all_but_oneself() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let another = device.open().unwrap();
        let callers = [&file, &another].map(|file| spawn(&device, file, operate));
        assert!(device.revoke_others(&file));
        assert!(device.enter(&another).is_none());
        another.connection.assert_removed();
        assert!(device.enter(&file).is_some());
        crate::join(callers);
    });
}

#[test]
fn two_at_once() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let other = spawn(&device, &file, |device, _| assert!(device.revoke_all()));
        assert!(device.revoke_all());
        assert!(device.enter(&file).is_none());
        other.join().unwrap();
        file.connection.assert_removed();
    });
}

#[test]
fn two_files_revoke_each_other() {
    crate::bounded_model(|| {
        let (device, file) = CharDevice::with_file();
        let another = device.open().unwrap();
        let other = spawn(&device, &another, |device, another| {
            device.revoke_others(another)
        });
        let mine = device.revoke_others(&file);
        let others = other.join().unwrap();
        assert!(!(mine && others));
        for (lives, file) in [(mine, &file), (others, &another)] {
            assert_eq!(lives, device.enter(file).is_some());
            if !lives {
                file.connection.assert_removed();
            }
        }
    });
}

/// The file of the caller that revokes the others is itself revoked meanwhile.
#[test]
fn who_revokes_others_is_revoked() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let another = device.open().unwrap();
        let other = spawn(&device, &file, |device, file| device.revoke(file));
        let mine = device.revoke_others(&file);
        assert!(other.join().unwrap());
        assert!(device.enter(&file).is_none());
        file.connection.assert_removed();
        // If the caller was refused at the start, its file is not live.
        assert_eq!(device.enter(&another).is_none(), !another.pass.is_live());
        if !another.pass.is_live() {
            another.connection.assert_removed();
        }
        assert!(!mine || !another.pass.is_live());
    });
}

#[test]
fn against_a_revoke_of_one() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let other = spawn(&device, &file, |device, file| device.revoke(file));
        assert!(device.revoke_all());
        assert!(device.enter(&file).is_none());
        other.join().unwrap();
        file.connection.assert_removed();
    });
}

#[test]
fn against_release() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let another = device.open().unwrap();
        let releaser = spawn(&device, &file, |device, file| device.release(file.clone()));
        assert!(device.revoke_all());
        releaser.join().unwrap();
        for file in [&file, &another] {
            file.connection.assert_removed();
        }
    });
}

#[test]
fn against_unplug() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let other = spawn(&device, &file, |device, _| device.revoke_all());
        device.unplug();
        file.connection.assert_removed();
        other.join().unwrap();
        assert!(device.enter(&file).is_none());
    });
}

#[test]
fn from_inside_against_unplug() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let another = device.open().unwrap();
        let other = spawn(&device, &file, |device, file| device.revoke_others(file));
        device.unplug();
        other.join().unwrap();
        for file in [&file, &another] {
            assert!(device.enter(file).is_none());
            file.connection.assert_removed();
        }
    });
}

#[test]
fn against_open() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let opener = spawn(&device, &file, |device, _| {
            let new = device.open().expect("opens go on");
            operate(device, &new);
            new
        });
        assert!(device.revoke_all());
        let late = device.open().expect("opens go on");
        assert!(device.enter(&late).is_some());
        let new = opener.join().unwrap();
        if !new.pass.is_live() {
            new.connection.assert_removed();
        }
    });
}

/// A file that is opened in between belongs to the second round. The first must not disconnect it.
#[test]
fn two_at_once_against_open() {
    crate::bounded_model(|| {
        let (device, file) = CharDevice::with_file();
        let opener = spawn(&device, &file, |device, _| {
            let new = device.open().expect("opens go on");
            operate(device, &new);
            new
        });
        let other = spawn(&device, &file, |device, _| assert!(device.revoke_all()));
        assert!(device.revoke_all());
        other.join().unwrap();
        let new = opener.join().unwrap();
        file.connection.assert_removed();
        if !new.pass.is_live() {
            new.connection.assert_removed();
        }
    });
}

/// If a revocation is never finished, the next one disconnects its files, or the closer does.
#[test]
fn begun_and_forgotten() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let caller = spawn(&device, &file, operate);
        assert!(device.begin_revoke_all().is_some());
        assert!(device.revoke_all());
        file.connection.assert_removed();
        caller.join().unwrap();

        let file = device.open().unwrap();
        assert!(device.begin_revoke_all().is_some());
        device.release(file.clone());
        device.unplug();
        file.connection.assert_removed();
    });
}

#[test]
fn who_sleeps_is_woken() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let sleeper = spawn(&device, &file, |device, file| until_the_end(device, file));
        assert!(device.revoke_all());
        sleeper.join().unwrap();
    });
}

/// A sweep that spares a file does not hide it from another sweep.
#[test]
fn all_against_others() {
    crate::bounded_model(|| {
        let (device, file) = CharDevice::with_file();
        let another = device.open().unwrap();
        let other = spawn(&device, &another, |device, another| {
            device.revoke_others(another)
        });
        assert!(device.revoke_all());
        for file in [&file, &another] {
            assert!(device.enter(file).is_none());
        }
        other.join().unwrap();
    });
}
