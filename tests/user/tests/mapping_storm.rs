// SPDX-License-Identifier: GPL-2.0

//! Many mappings, and their end.

use devscope_tests::{
    device::{open, Device},
    effort,
    mapped::{Mapped, BOTH},
    pages::PAGE,
    sleeper::Sleeper,
    testdev::{map_revoke, MAP_COUNT, MAP_PAGES},
    wait_until, HANG,
};
use rustix::{fs::OFlags, io::Errno, mm::MapFlags};
use std::{
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        Arc,
    },
    thread::sleep,
    time::Duration,
};

#[test]
fn a_thousand() {
    let device = Device::get("testdev", 0);
    let fd = device.open_map();
    let mapped: Vec<_> = (0..1000)
        .map(|_| Mapped::of(&fd, MAP_PAGES, 1).expect("mmap"))
        .collect();
    mapped.iter().for_each(|mapped| mapped.poke(0, 7));
    device.unbind();
    let there = mapped.iter().filter(|mapped| mapped.load(0).is_ok());
    assert_eq!(there.count(), 0);
}

/// Whether none of its pages is mapped.
fn is_empty(mapped: &Mapped) -> bool {
    (0..MAP_COUNT).all(|page| mapped.load(page * PAGE) == Err(Errno::FAULT))
}

/// Maps, accesses and unmaps until `stop`. Returns the numbers of successful and of failed
/// accesses.
fn mapper(device: &Device, stop: &Arc<AtomicBool>, number: usize) -> Sleeper<(u64, u64)> {
    let (node, stop) = (device.map_node(), stop.clone());
    Sleeper::start("somebody who maps", move || {
        let (mut there, mut gone) = (0, 0);
        let flags = match number % 2 {
            0 => MapFlags::SHARED,
            _ => MapFlags::SHARED | MapFlags::POPULATE,
        };
        while !stop.load(Relaxed) {
            let Ok(fd) = open(&node, OFlags::RDWR) else {
                sleep(Duration::from_millis(1));
                continue;
            };
            let mut kept = Vec::new();
            while let Ok(mapped) = Mapped::with(&fd, MAP_PAGES, MAP_COUNT, BOTH, flags) {
                let result = mapped.store(number * 4 % PAGE, 7);
                kept.push(mapped);
                match result {
                    Ok(()) => there += 1,
                    Err(_) => break,
                }
                if kept.len() > 20 {
                    kept.truncate(10);
                }
                if stop.load(Relaxed) || number % 4 == 3 && map_revoke(&fd).is_ok() {
                    break;
                }
            }
            // The file was cut off, by any act: its pages are unmapped after the drain.
            if Mapped::of(&fd, MAP_PAGES, 1).map(drop) == Err(Errno::NODEV) {
                gone += 1;
                let empty = || kept.iter().all(is_empty);
                assert!(wait_until(HANG, empty), "still mapped");
            }
        }
        (there, gone)
    })
}

#[test]
fn storm() {
    let device = Device::get("testdev", 0);
    let stop = Arc::new(AtomicBool::new(false));
    let count = effort::choose(4, 8);
    let mappers: Vec<_> = (0..count).map(|n| mapper(&device, &stop, n)).collect();
    for _ in 0..effort::choose(4, 500) {
        let fd = device.open_map();
        let mapped = Mapped::of(&fd, MAP_PAGES, MAP_COUNT).expect("mmap");
        assert_eq!(mapped.store(0, 7), Ok(()));
        let (result, _) = device.try_unbind();
        assert_eq!(result, Ok(()));
        assert!(is_empty(&mapped), "still mapped when unbind has returned");
        device.bind();
        sleep(Duration::from_millis(20));
    }
    stop.store(true, Relaxed);
    let sum = mappers
        .into_iter()
        .map(|mapper| mapper.result())
        .fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    eprintln!("pages that were there, and files that were cut off: {sum:?}");
    assert!(sum.0 > 0 && sum.1 > 0);
}
