// SPDX-License-Identifier: GPL-2.0

//! All ways to hold an open file, with all acts that cut it off: afterwards no calls on it reach
//! the driver, by the driver's own count, and its memory is freed.

use devscope_tests::{
    device::Device,
    fifo::assert_works,
    holding::{ways, Held},
    testdev::{self, Stats},
    wait_until, HANG,
};
use rustix::{fd::OwnedFd, fs::OFlags, io::dup};

/// An act that cuts off one file or more.
struct Act {
    name: &'static str,
    /// The files that are cut off.
    cuts: fn(Held) -> bool,
    run: fn(&Device, &OwnedFd),
    /// Whether it increments the driver's [`Stats::sweeps`] when it ends.
    sweeps: bool,
}

impl Act {
    const fn new(name: &'static str, cuts: fn(Held) -> bool, run: fn(&Device, &OwnedFd)) -> Self {
        Self {
            name,
            cuts,
            run,
            sweeps: false,
        }
    }
}

const fn one(held: Held) -> bool {
    matches!(held, Held::File)
}

const fn all(held: Held) -> bool {
    !matches!(held, Held::Path)
}

const ACTS: &[Act] = &[
    Act::new("unbind", |_| true, |device, _| _ = device.unbind()),
    Act::new("revoke", one, |_, file| {
        devscope_revoke::revoke(file).expect("revoke")
    }),
    Act::new("revoke by the driver", one, |_, file| {
        testdev::revoke(file).expect("REVOKE")
    }),
    Act::new("revoke of all", all, |device, _| {
        devscope_revoke::revoke_all(device.node()).expect("revoke all")
    }),
    Act {
        sweeps: true,
        ..Act::new("revoke of all by the driver", all, |_, file| {
            testdev::revoke_all(file).expect("REVOKE_ALL")
        })
    },
];

fn stats(watcher: &OwnedFd) -> Stats {
    testdev::stats(watcher).expect("STATS")
}

#[test]
fn all_ways_and_all_acts() {
    let (device, other) = (Device::get("testdev", 0), Device::get("testdev", 1));
    let watcher = other.open(OFlags::RDWR);
    for act in ACTS {
        for way in ways() {
            eprintln!("{}: {}", act.name, way.name);
            drop(device.open_empty());
            let before = stats(&watcher);
            let file = device.open(OFlags::RDWR);
            let copy = dup(&file).expect("dup");
            let mut holder = (way.hold)(file);
            holder.assert_reaches();
            (act.run)(&device, &copy);
            drop(copy);
            let swept = before.sweeps + u64::from(act.sweeps);
            assert!(wait_until(HANG, || stats(&watcher).sweeps == swept));

            let cut = stats(&watcher);
            match (act.cuts)(way.held) {
                true => {
                    holder.assert_cut_off();
                    // The watcher's own call counts, too.
                    assert_eq!(stats(&watcher).calls, cut.calls + 1);
                }
                false => {
                    holder.assert_reaches();
                    assert!(stats(&watcher).calls > cut.calls + 1);
                }
            }
            drop(holder);
            let is_left =
                |stats: Stats| (stats.opens - before.opens) - (stats.drops - before.drops);
            let gone = wait_until(HANG, || is_left(stats(&watcher)) == 0);
            assert!(gone, "{:?}", stats(&watcher));
            let opened = stats(&watcher).opens - before.opens;
            let disconnected = stats(&watcher).disconnects - before.disconnects;
            assert_eq!(disconnected, opened, "each once");

            if !device.is_bound() {
                device.bind();
            }
            assert_works(device.open(OFlags::RDWR));
        }
    }
}
