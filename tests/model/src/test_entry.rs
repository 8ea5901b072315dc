// SPDX-License-Identifier: GPL-2.0

//! Callers against closers.

use crate::char_device::CharDevice;
use crate::data::Data;
use crate::protocol::{self, Pass};
use crate::srcu::Srcu;
use loom::thread;
use std::sync::Arc;

/// A gate, the passes of two files, and the data that each file may use.
struct Fixture {
    readers: Srcu,
    passes: [Pass; 2],
    data: [Data; 2],
}

impl Fixture {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            readers: Srcu::new(),
            passes: [Pass::new(), Pass::new()],
            data: [Data::new(), Data::new()],
        })
    }

    /// An operation on a file. Returns whether it could enter.
    fn operate(&self, file: usize) -> bool {
        let inside = protocol::enter(&self.readers, &self.passes[file]);
        if inside.is_some() {
            self.data[file].read();
        }
        inside.is_some()
    }
}

#[test]
fn nobody_is_inside_after_the_drain() {
    crate::model(|| {
        let it = Fixture::new();
        let callers = [0, 1].map(|_| {
            let it = it.clone();
            thread::spawn(move || {
                it.operate(0);
            })
        });
        it.passes[0].unplug();
        protocol::drain(&it.readers);
        it.data[0].remove();
        assert!(!it.operate(0));
        crate::join(callers);
    });
}

#[test]
fn refused_once_is_refused_for_ever() {
    crate::model(|| {
        let it = Fixture::new();
        let callers = [0, 1].map(|_| {
            let it = it.clone();
            thread::spawn(move || {
                let first = it.operate(0);
                let second = it.operate(0);
                assert!(first || !second);
            })
        });
        it.passes[0].unplug();
        crate::join(callers);
    });
}

#[test]
fn closer_sees_what_was_done_inside() {
    crate::model(|| {
        let it = Fixture::new();
        let callers = [0, 1].map(|which| {
            let it = it.clone();
            thread::spawn(move || {
                if let Some(_inside) = protocol::enter(&it.readers, &it.passes[0]) {
                    it.data[which].write();
                }
            })
        });
        it.passes[0].unplug();
        protocol::drain(&it.readers);
        it.data[0].read();
        it.data[1].read();
        crate::join(callers);
    });
}

#[test]
fn two_closers_at_once() {
    crate::model(|| {
        let it = Fixture::new();
        let closers = [0, 1].map(|file| {
            let it = it.clone();
            thread::spawn(move || {
                it.passes[file].unplug();
                protocol::drain(&it.readers);
                it.data[file].remove();
            })
        });
        it.operate(0);
        crate::join(closers);
    });
}

#[test]
fn one_file_ends_and_another_goes_on() {
    crate::model(|| {
        let it = Fixture::new();
        let callers = [0, 1].map(|file| {
            let it = it.clone();
            thread::spawn(move || {
                let inside = it.operate(file);
                assert!(inside || file == 0);
            })
        });
        assert!(it.passes[0].revoke());
        protocol::drain(&it.readers);
        it.data[0].remove();
        crate::join(callers);
        assert!(it.operate(1));
    });
}

#[test]
fn device_outlives_who_is_inside() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let callers = [0, 1].map(|_| {
            let (device, file) = (device.clone(), file.clone());
            thread::spawn(move || {
                if let Some(_inside) = device.enter(&file) {
                    device.data.read();
                }
            })
        });
        device.unplug();
        assert!(device.enter(&file).is_none());
        crate::join(callers);
    });
}
