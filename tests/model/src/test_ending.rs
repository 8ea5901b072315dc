// SPDX-License-Identifier: GPL-2.0

//! Bindings that end while a task delays the removal of their nodes until a file is cut off. If the
//! cut-off waited for a removal, this would be a deadlock.

use crate::binding::{Directory, Owned, Timer, unbind};
use crate::char_device::{CharDevice, OpenFile, until_the_end};
use loom::thread;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// Two devices, one open file of the first, and the directory of their nodes.
struct Test {
    first: Arc<CharDevice>,
    file: Arc<OpenFile>,
    second: Arc<CharDevice>,
    dev: Directory,
}

impl Test {
    fn new() -> Self {
        let (first, file) = CharDevice::with_file();
        Self {
            first,
            file,
            second: CharDevice::new(),
            dev: Directory::default(),
        }
    }

    fn node(&self, device: &Arc<CharDevice>) -> Owned {
        Owned::Node(device.clone(), self.dev.clone())
    }

    /// Ends the binding of `owned`, and delays the removal of nodes until the file is cut off.
    fn unbind<const N: usize>(self, owned: [Owned; N]) {
        let dev = self.dev.lock().unwrap();
        let unbinding = thread::spawn(move || unbind(owned));
        until_the_end(&self.first, &self.file);
        drop(dev);
        unbinding.join().unwrap();
        self.file.connection.assert_removed();
        self.first.data.assert_removed();
    }
}

#[test]
fn files_of_all_nodes_are_cut_off_first() {
    crate::model(|| {
        let test = Test::new();
        let owned = [
            Owned::Data(test.second.clone()),
            Owned::Data(test.first.clone()),
            test.node(&test.first),
            test.node(&test.second),
        ];
        test.unbind(owned);
    });
}

#[test]
fn files_of_earlier_data_too() {
    crate::model(|| {
        let test = Test::new();
        let owned = [
            Owned::Data(test.first.clone()),
            test.node(&test.first),
            Owned::Data(test.second.clone()),
            test.node(&test.second),
        ];
        test.unbind(owned);
    });
}

#[test]
fn files_are_cut_off_before_a_child_goes() {
    crate::model(|| {
        let test = Test::new();
        let owned = [
            Owned::Data(test.first.clone()),
            test.node(&test.first),
            Owned::Child(test.dev.clone()),
        ];
        test.unbind(owned);
    });
}

#[test]
fn callbacks_end_before_nodes_go() {
    crate::model(|| {
        let test = Test::new();
        let owned = [
            Owned::Data(test.first.clone()),
            Owned::Data(test.second.clone()),
            Owned::Callback(test.first.clone()),
            test.node(&test.second),
        ];
        test.unbind(owned);
    });
}

#[test]
fn node_is_found_until_it_goes() {
    crate::model(|| {
        let device = CharDevice::new();
        let opener = {
            let device = device.clone();
            thread::spawn(move || device.open())
        };
        unbind([
            Owned::Data(device.clone()),
            Owned::Node(device, Directory::default()),
        ]);
        if let Some(file) = opener.join().unwrap() {
            assert!(file.pass.is_unplugged(), "missed by the closer");
            file.connection.assert_removed();
        }
    });
}

#[test]
fn timers_next_to_each_other_wait_once() {
    crate::model(|| {
        let device = CharDevice::new();
        let (over, callback) = (Arc::default(), Owned::Callback(device.clone()));
        let timer = || Timer::owned(&over);
        unbind([
            Owned::Data(device),
            timer(),
            timer(),
            callback,
            timer(),
            timer(),
            timer(),
        ]);
        let over: &AtomicUsize = &over;
        assert_eq!(over.load(Relaxed), 2, "wait for each timer");
    });
}
