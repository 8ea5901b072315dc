// SPDX-License-Identifier: GPL-2.0

//! Sleepers against wakers. If a wake-up is lost, no thread can run, which loom reports as a
//! deadlock.

use crate::char_device::{CharDevice, OpenFile, Scope};
use crate::protocol::{self, StaysInside};
use crate::task::{Sleeper, WaitQueue};
use loom::sync::atomic::{AtomicU32, Ordering::Relaxed};
use loom::thread;
use std::sync::Arc;

/// The actions of an interrupt handler, which does not enter the gate.
fn raise(event: &AtomicU32, queue: &WaitQueue) {
    event.store(1, Relaxed);
    queue.wake_all();
}

/// `Scope::wait_*`, for `event`. Returns whether the device is still there.
fn wait(device: &CharDevice, file: &OpenFile, queues: &[&WaitQueue], event: &AtomicU32) -> bool {
    let Some(scope) = Scope::enter(device, file) else {
        return false;
    };
    let scope = protocol::wait(scope, &Sleeper::new(queues), |scope| {
        scope.data().read();
        if event.load(Relaxed) == 1 {
            Ok(scope)
        } else {
            Err(scope)
        }
    });
    // A caller that has a scope after a wait may use the device.
    if let Some(scope) = &scope {
        scope.data().read();
    }
    scope.is_some()
}

/// Waits on `queue` for all of `events`.
fn wait_for(queue: &WaitQueue, events: &[AtomicU32]) {
    let waited = protocol::wait(StaysInside, &Sleeper::new(&[queue]), |scope| {
        if events.iter().all(|event| event.load(Relaxed) == 1) {
            Ok(())
        } else {
            Err(scope)
        }
    });
    assert!(waited.is_some());
}

#[test]
fn no_event_is_lost() {
    crate::model(|| {
        let event = Arc::new([AtomicU32::new(0)]);
        let queue = Arc::new(WaitQueue::new());
        let waker = {
            let (event, queue) = (event.clone(), queue.clone());
            thread::spawn(move || raise(&event[0], &queue))
        };
        wait_for(&queue, &event[..]);
        waker.join().unwrap();
    });
}

#[test]
fn no_event_of_two_is_lost() {
    crate::bounded_model(|| {
        let events = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let queue = Arc::new(WaitQueue::new());
        let wakers = [0, 1].map(|which| {
            let (events, queue) = (events.clone(), queue.clone());
            thread::spawn(move || raise(&events[which], &queue))
        });
        wait_for(&queue, &events[..]);
        crate::join(wakers);
    });
}

#[test]
fn no_close_is_lost() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let sleeper = {
            let (device, file) = (device.clone(), file.clone());
            let never = AtomicU32::new(0);
            thread::spawn(move || assert!(!wait(&device, &file, &[&file.closing], &never)))
        };
        device.unplug();
        sleeper.join().unwrap();
    });
}

#[test]
fn no_revoke_is_lost() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let sleeper = {
            let (device, file) = (device.clone(), file.clone());
            let never = AtomicU32::new(0);
            thread::spawn(move || assert!(!wait(&device, &file, &[&file.closing], &never)))
        };
        assert!(file.pass.revoke());
        file.closing.wake_all();
        protocol::drain(&device.readers);
        file.connection.write();
        sleeper.join().unwrap();
    });
}

#[test]
fn nobody_comes_back_after_the_drain() {
    crate::bounded_model(|| {
        let (device, file) = CharDevice::with_file();
        let event = Arc::new(AtomicU32::new(0));
        let sleeper = {
            let (device, file, event) = (device.clone(), file.clone(), event.clone());
            thread::spawn(move || {
                wait(&device, &file, &[&file.queue, &file.closing], &event);
            })
        };
        let waker = {
            let (file, event) = (file.clone(), event.clone());
            thread::spawn(move || raise(&event, &file.queue))
        };
        device.unplug();
        crate::join([sleeper, waker]);
    });
}

#[test]
fn sleeper_does_not_hold_a_drain() {
    crate::model(|| {
        let (device, file) = CharDevice::with_file();
        let event = Arc::new(AtomicU32::new(0));
        let sleeper = {
            let (device, file, event) = (device.clone(), file.clone(), event.clone());
            thread::spawn(move || assert!(wait(&device, &file, &[&file.queue], &event)))
        };
        // This file's pass stays live: the drain is for another file.
        protocol::drain(&device.readers);
        raise(&event, &file.queue);
        sleeper.join().unwrap();
    });
}
