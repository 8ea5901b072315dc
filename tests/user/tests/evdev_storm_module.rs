// SPDX-License-Identifier: GPL-2.0

//! Eight busy clients, while the handler's module comes and goes.

use devscope_tests::{
    evdev::{
        busy::Crowd,
        storm::{step, storms, traces, Device, CLIENTS, THINGS},
    },
    module::{load, unload, Loaded},
    pace,
    sleeper::Sleeper,
    HANG,
};
use rustix::io::Errno;
use std::{
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        Arc,
    },
    thread,
    time::{Duration, Instant},
};

/// Two devices stay, with their events; the module goes as soon as nobody has a file, which is made
/// to be now and then, and comes back.
#[test]
fn modules_come_and_go() {
    for storm in storms() {
        let handler = storm.handler;
        let module = handler.module();
        let _dependencies = Loaded::dependencies_of(module);
        let devices = [Device::new(), Device::new()];
        let before = traces();
        let stop = Arc::new(AtomicBool::new(false));
        let flow = Sleeper::start("events", {
            let devices = devices.each_ref().map(|device| device.device.clone());
            let stop = stop.clone();
            move || {
                while !stop.load(Relaxed) {
                    devices.iter().for_each(|device| step(device));
                    // The clients are to have some of the time.
                    thread::sleep(Duration::from_millis(1));
                }
            }
        });
        let crowd = Crowd::start(CLIENTS);
        let start = Instant::now();
        let (mut times, mut busy) = (Vec::new(), 0);
        while storm.goes_on(times.len(), start) && !crowd.is_over() {
            load(module, "").unwrap_or_else(|e| panic!("insmod {module}: {e}"));
            crowd.set_nodes(devices.iter().map(Device::node).collect());
            crowd.go_on();
            crowd.wait_for(THINGS);
            busy += remove(&crowd, module, &mut times);
            assert_eq!(traces(), before, "something is left behind");
        }
        crowd.stop();
        let total = crowd.result();
        stop.store(true, Relaxed);
        flow.result();
        for device in devices {
            device.go(true);
        }
        let count = times.len();
        storm.judge("removals", times, start, &total);
        eprintln!("{busy} times it was busy");
        assert!(busy >= count, "it was not in use");
    }
}

/// Removes the module, which is in use until the clients let go. Returns how often it was.
fn remove(crowd: &Crowd, module: &'static str, times: &mut Vec<Duration>) -> usize {
    let (mut busy, start) = (0, Instant::now());
    loop {
        // Not when it has just been loaded, or a client would seldom come to anything.
        if busy == 3 {
            crowd.pause();
        }
        let begun = Instant::now();
        match unload(module) {
            Ok(()) => {
                times.push(begun.elapsed());
                return busy;
            }
            Err(Errno::AGAIN) => busy += 1,
            Err(error) => panic!("rmmod {module}: {error}"),
        }
        let in_time = pace::is_within(start.elapsed(), HANG);
        assert!(in_time, "HANG: {module} stays in use");
        thread::sleep(Duration::from_millis(2));
    }
}
