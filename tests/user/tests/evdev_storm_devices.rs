// SPDX-License-Identifier: GPL-2.0

//! Eight busy clients, while devices come and go.

use devscope_tests::evdev::{
    busy::Crowd,
    storm::{step, storms, traces, Device, CLIENTS, THINGS},
    Handlers,
};
use std::time::Instant;

/// Two devices are there; the older goes, and another comes.
#[test]
fn devices_come_and_go() {
    for storm in storms() {
        let handler = storm.handler;
        let handlers = Handlers::only(handler);
        let before = traces();
        let crowd = Crowd::start(CLIENTS);
        let start = Instant::now();
        let mut times = Vec::new();
        let mut older = Device::new();
        while storm.goes_on(times.len(), start) && !crowd.is_over() {
            let newer = Device::new();
            crowd.set_nodes(vec![older.node(), newer.node()]);
            for _ in 0..10 {
                step(&older.device);
                step(&newer.device);
            }
            crowd.wait_for(THINGS);
            times.push(older.go(times.len().is_multiple_of(2)));
            older = newer;
        }
        // The last one ends whoever sleeps.
        crowd.stop();
        older.go(true);
        let total = crowd.result();
        assert_eq!(traces(), before, "something is left behind");
        assert_eq!(handler.users(), 0, "somebody still uses the module");
        drop(handlers);
        storm.judge("devices", times, start, &total);
        for outcome in ["read ENODEV", "poll ENODEV", "ioctl ENODEV", "revoke ok"] {
            assert!(total.of(outcome) > 0, "{outcome} never came");
        }
    }
}
