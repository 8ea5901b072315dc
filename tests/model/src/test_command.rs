// SPDX-License-Identifier: GPL-2.0

//! Commands that are issued, ended, cancelled, or pending when their file is cut off: the request
//! of each is completed once, by a caller with exclusive access. `Data::remove` checks both.

use crate::char_device::{CharDevice, OpenFile};
use crate::command::Command;
use loom::thread;
use std::sync::Arc;

pub const GONE: i32 = -19;

#[test]
fn ended_while_it_is_issued() {
    crate::model(|| {
        let command = Command::new(&Arc::default());
        let others = [1, 2].map(|result| {
            let command = command.clone();
            thread::spawn(move || command.end(result))
        });
        command.hand_over();
        let [one, two] = crate::join(others);
        assert!(one != two, "one of them has ended it");
        assert_eq!(command.result(), Some(if one { 1 } else { 2 }));
        command.request.assert_removed();
    });
}

#[test]
fn ended_by_three_at_once() {
    crate::model(|| {
        let command = Command::new(&Arc::default());
        command.hand_over();
        let others = [1, 2].map(|result| {
            let command = command.clone();
            thread::spawn(move || command.end(result))
        });
        let mine = command.end(3);
        let [one, two] = crate::join(others);
        let ended = [one, two, mine].map(usize::from);
        assert_eq!(ended.iter().sum::<usize>(), 1);
        command.request.assert_removed();
    });
}

/// An operation that issues a command, if it can enter.
fn issuer(
    device: &Arc<CharDevice>,
    file: &Arc<OpenFile>,
) -> impl FnOnce() -> Option<Arc<Command>> + use<> {
    let (device, file) = (device.clone(), file.clone());
    move || device.issue(&file)
}

#[test]
fn issued_against_unplug() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let issuer = thread::spawn(issuer(&device, &file));
        device.unplug();
        if let Some(command) = issuer.join().unwrap() {
            assert_eq!(command.result(), Some(GONE), "left behind");
            command.request.assert_removed();
        }
        assert!(file.commands.is_empty());
    });
}

#[test]
fn ended_against_unplug() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let command = device.issue(&file).unwrap();
        let driver = {
            let command = command.clone();
            thread::spawn(move || command.end(1))
        };
        device.unplug();
        let in_time = driver.join().unwrap();
        assert_eq!(command.result(), Some(if in_time { 1 } else { GONE }));
        command.request.assert_removed();
        assert!(file.commands.is_empty());
    });
}

#[test]
fn issued_against_revoke() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let issuer = thread::spawn(issuer(&device, &file));
        assert!(device.revoke(&file));
        if let Some(command) = issuer.join().unwrap() {
            assert_eq!(command.result(), Some(GONE), "left behind");
            command.request.assert_removed();
        }
        assert!(file.commands.is_empty());
    });
}

#[test]
fn issued_against_revoke_of_all() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let issuer = thread::spawn(issuer(&device, &file));
        assert!(device.revoke_all());
        if let Some(command) = issuer.join().unwrap() {
            assert_eq!(command.result(), Some(GONE), "left behind");
            command.request.assert_removed();
        }
        assert!(file.commands.is_empty());
    });
}

#[test]
fn revoke_against_unplug() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let command = device.issue(&file).unwrap();
        let revoker = {
            let (device, file) = (device.clone(), file.clone());
            thread::spawn(move || device.revoke(&file))
        };
        device.unplug();
        revoker.join().unwrap();
        assert_eq!(command.result(), Some(GONE), "left behind");
        command.request.assert_removed();
    });
}
