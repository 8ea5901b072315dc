// SPDX-License-Identifier: GPL-2.0

//! Unbind against opens, against signals, and against itself.

use devscope_tests::{
    device::{open, Device},
    effort, pace,
    proc::calls,
    signal::{self, Then},
    sleeper::Sleeper,
    testdev, HANG, UNBIND_LIMIT,
};
use rustix::{
    fs::OFlags,
    io::{read, Errno},
};
use std::{
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
        Arc,
    },
    thread,
    time::Duration,
};

#[test]
fn opens_succeed_or_find_nobody() {
    for driver in ["edu", "testdev"] {
        let device = Device::get(driver, 0);
        let node = device.node();
        let stop = Arc::new(AtomicBool::new(false));
        let opened = Arc::new(AtomicUsize::new(0));
        let openers: Vec<_> = (0..effort::choose(2, 4))
            .map(|_| {
                let (node, stop, opened) = (node.clone(), stop.clone(), opened.clone());
                Sleeper::start("an opener", move || {
                    while !stop.load(Relaxed) {
                        match open(&node, OFlags::RDWR | OFlags::NONBLOCK) {
                            Ok(_) => _ = opened.fetch_add(1, Relaxed),
                            Err(Errno::NODEV | Errno::NXIO | Errno::NOENT) => {}
                            Err(other) => return Err(other),
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        for _ in 0..effort::choose(6, 10) {
            thread::sleep(Duration::from_millis(20));
            device.unbind();
            device.bind();
        }
        stop.store(true, Relaxed);
        for opener in openers {
            assert_eq!(opener.result(), Ok(()));
        }
        assert!(opened.load(Relaxed) > 0, "not one open succeeded");
    }
}

#[test]
fn signals_while_unbinding() {
    let device = Device::get("testdev", 0);
    let _fifo = device.open_empty();
    signal::handle(libc::SIGUSR1, Then::Fail);
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let fd = device.open(OFlags::RDONLY);
            Sleeper::asleep("a reader", calls::READ, move || read(fd, &mut [0; 4]))
        })
        .collect();
    let worker = device.open(OFlags::RDWR);
    let worker = Sleeper::start("WORK", move || testdev::work(worker, 300));
    thread::sleep(Duration::from_millis(100));
    thread::scope(|scope| {
        let unbind =
            scope.spawn(|| device.unbind_within(UNBIND_LIMIT + Duration::from_millis(300)));
        while !unbind.is_finished() {
            readers
                .iter()
                .for_each(|reader| reader.signal(libc::SIGUSR1));
            worker.signal(libc::SIGUSR1);
            thread::sleep(Duration::from_millis(1));
        }
        unbind.join().expect("unbind");
    });
    for reader in readers {
        let result = reader.result();
        assert!(
            matches!(result, Err(Errno::INTR | Errno::NODEV)),
            "{result:?}"
        );
    }
    let worked = worker.result();
    assert!(matches!(worked, Ok(()) | Err(Errno::INTR)), "{worked:?}");
}

#[test]
fn unbind_of_what_is_not_bound() {
    for driver in ["edu", "testdev"] {
        let device = Device::get(driver, 0);
        device.unbind();
        assert_eq!(device.try_unbind().0, Err(Errno::NODEV));
    }
}

#[test]
fn two_unbinds_at_once() {
    let device = Device::get("testdev", 0);
    let _fifo = device.open_empty();
    let fd = device.open(OFlags::RDONLY);
    let reader = Sleeper::asleep("a reader", calls::READ, move || read(fd, &mut [0; 4]));
    thread::scope(|scope| {
        let both = [(); 2].map(|()| scope.spawn(|| device.try_unbind()));
        let results = both.map(|unbind| unbind.join().expect("unbind"));
        eprintln!("{results:?}");
        for (result, took) in &results {
            assert!(matches!(result, Ok(()) | Err(Errno::NODEV)), "{result:?}");
            pace::assert_within(*took, UNBIND_LIMIT, "unbind");
        }
        assert!(results.iter().any(|(result, _)| result.is_ok()));
    });
    assert_eq!(reader.result(), Err(Errno::NODEV));
}

#[test]
fn unbind_and_bind_without_a_pause() {
    for driver in ["edu", "testdev"] {
        let device = Device::get(driver, 0);
        for _ in 0..effort::choose(8, 20) {
            let fd = device.open(OFlags::RDWR | OFlags::NONBLOCK);
            device.unbind();
            device.bind();
            assert_eq!(read(&fd, &mut [0; 4]), Err(Errno::NODEV));
        }
    }
}

#[test]
fn close_races_unbind() {
    let device = Device::get("testdev", 0);
    for _ in 0..effort::choose(5, 10) {
        let files: Vec<_> = (0..50).map(|_| device.open(OFlags::RDWR)).collect();
        let closer = Sleeper::start("a closer", move || drop(files));
        device.unbind();
        closer.result_within(HANG);
        device.bind();
    }
}
