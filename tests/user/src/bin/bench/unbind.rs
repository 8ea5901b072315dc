// SPDX-License-Identifier: GPL-2.0

//! How long unbind takes.

use crate::{figures::record, slab::allow_files};
use devscope_tests::{
    device::{open, Device},
    mapped::Mapped,
    proc::calls,
    sleeper::Sleeper,
    testdev::MAP_PAGES,
};
use rustix::{fd::OwnedFd, fs::OFlags};
use std::{fs, path::Path, sync::Arc, time::Duration};

/// Whether unbind expedites grace periods.
const EXPEDITE: &str = "/sys/module/devscope/parameters/expedite";

/// Prints how long unbind takes. Returns whether expedited grace periods make it shorter.
pub fn unbind_times() -> bool {
    println!("\nUnbind, in ms of the guest's clock (min / median / max of 5)\n");
    let loaded = |name: &&&str| Path::new("/sys/bus/pci/drivers").join(name).exists();
    let Some(driver) = ["testdev", "edu"].iter().find(loaded) else {
        println!("   neither testdev nor edu is loaded: not measured");
        return false;
    };
    allow_files(4096);
    let device = Device::get(driver, 0);
    let expedited = times(&device, "no open file", || ());
    times(&device, "1,000 open files", || open_many(&device, 1000));
    if *driver == "testdev" {
        times(&device, "1,000 mappings", || map_many(&device, 1000));
    }
    times(&device, "100 sleeping readers", || sleep_many(&device, 100));
    fs::write(EXPEDITE, "N").expect("a parameter");
    let normal = times(&device, "no open file, normal", || ());
    fs::write(EXPEDITE, "Y").expect("a parameter");
    if normal <= expedited {
        println!("   {EXPEDITE} has no effect");
    }
    normal > expedited
}

fn open_many(device: &Device, count: usize) -> Vec<OwnedFd> {
    let node = device.node();
    (0..count)
        .map(|_| open(&node, OFlags::RDWR).expect("open"))
        .collect()
}

/// Maps a page of one file `count` times, and accesses each mapping.
fn map_many(device: &Device, count: usize) -> Vec<Mapped> {
    let fd = device.open_map();
    let map = |_| {
        let mapped = Mapped::of(&fd, MAP_PAGES, 1).expect("mmap");
        mapped.touch(0);
        mapped
    };
    (0..count).map(map).collect()
}

fn sleep_many(device: &Device, count: usize) -> Vec<Sleeper<bool>> {
    let fd = Arc::new(device.open(OFlags::RDONLY));
    let sleepers: Vec<_> = (0..count)
        .map(|_| {
            let fd = fd.clone();
            Sleeper::start("a reader", move || {
                rustix::io::read(fd, &mut [0; 4]).is_ok()
            })
        })
        .collect();
    sleepers
        .iter()
        .for_each(|sleeper| sleeper.wait_asleep(calls::READ));
    sleepers
}

/// Measures unbind with the files of `prepare`. Returns the median.
fn times<T>(device: &Device, what: &str, prepare: impl Fn() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let prepared = prepare();
            let (result, took) = device.try_unbind();
            result.expect("unbind");
            drop(prepared);
            device.bind();
            took
        })
        .collect();
    times.sort();
    let ms = |index: usize| times[index].as_secs_f64() * 1000.0;
    record("unbind of testdev, ms", what, "median", ms(2));
    println!(
        "   {what:<24}{:>8.2} /{:>8.2} /{:>8.2}",
        ms(0),
        ms(2),
        ms(4)
    );
    times[2]
}
