// SPDX-License-Identifier: GPL-2.0

//! Programs submit commands and exit, while others end the commands, and the device is unbound and
//! bound.

use devscope_tests::{
    device::{open, Device},
    effort,
    ring::{Request, Ring},
    sleeper::Sleeper,
    testdev::{self, Command},
    wait_until, HANG,
};
use rustix::{fd::OwnedFd, fs::OFlags, io::Errno};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        Arc,
    },
    thread,
    time::Duration,
};

/// The number of commands for each result.
type Tally = BTreeMap<String, usize>;

/// The commands of a batch, each with its result if it is not cut off.
fn batch(round: usize) -> impl Iterator<Item = (Command, Result<u32, Errno>)> {
    (0..16).map(move |number| match (round + number) % 7 {
        0 => (Command::now(1), Ok(1)),
        1 | 2 => (Command::keep(), Ok(5)),
        3 => (Command::soon(3, (round % 3) as u32), Ok(3)),
        4 => (Command::early(4), Ok(4)),
        5 => (Command::dropped(), Err(Errno::CANCELED)),
        _ => (Command::wait(6), Ok(6)),
    })
}

/// Opens the node, if it exists.
fn try_open(node: &Path) -> Option<OwnedFd> {
    match open(node, OFlags::RDWR) {
        Ok(fd) => Some(fd),
        Err(Errno::NODEV | Errno::NXIO | Errno::NOENT) => None,
        Err(other) => panic!("open {}: {other}", node.display()),
    }
}

/// The results of all requests, which must end.
fn results(ring: &mut Ring, fd: &OwnedFd, requests: &[Request]) -> Vec<Result<u32, Errno>> {
    let mut results = vec![None; requests.len()];
    let ended = wait_until(HANG, || {
        let _ = testdev::release(fd);
        let _ = testdev::complete(fd, 5);
        for (result, &request) in results.iter_mut().zip(requests) {
            *result = ring.try_result(request);
        }
        results.iter().all(Option::is_some)
    });
    assert!(ended, "HANG: {results:?}");
    results.into_iter().flatten().collect()
}

/// Submits batches, and waits for every other one. The kernel cancels the rest.
fn submit(node: PathBuf, stop: Arc<AtomicBool>) -> Tally {
    let mut tally = Tally::new();
    for round in 0.. {
        if stop.load(Relaxed) {
            break;
        }
        let Some(fd) = try_open(&node) else {
            thread::sleep(Duration::from_millis(1));
            continue;
        };
        let mut ring = Ring::with_room(16);
        let (commands, expected): (Vec<_>, Vec<_>) = batch(round).unzip();
        let requests: Vec<_> = commands
            .iter()
            .map(|&command| ring.command(&fd, command))
            .collect();
        if round % 2 == 0 {
            *tally.entry("left".to_owned()).or_default() += requests.len();
            continue;
        }
        for (result, expected) in results(&mut ring, &fd, &requests).into_iter().zip(expected) {
            assert!(
                [expected, Err(Errno::NODEV)].contains(&result),
                "{result:?}"
            );
            *tally.entry(format!("{result:?}")).or_default() += 1;
        }
    }
    tally
}

/// Ends commands of all files, also ones that are just being issued.
fn complete(node: PathBuf, stop: Arc<AtomicBool>) -> Tally {
    let mut completed = 0;
    while !stop.load(Relaxed) {
        if let Some(fd) = try_open(&node) {
            completed += testdev::complete(&fd, 5).unwrap_or(0);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Tally::from([("completed by another".to_owned(), completed)])
}

#[test]
fn storm() {
    let device = Device::get("testdev", 0);
    let node = device.node();
    let stop = Arc::new(AtomicBool::new(false));
    let start = |what, work: fn(PathBuf, Arc<AtomicBool>) -> Tally| {
        let (node, stop) = (node.clone(), stop.clone());
        Sleeper::start(what, move || work(node, stop))
    };
    let mut users = vec![start("a program that completes", complete)];
    users.extend((0..effort::choose(2, 7)).map(|_| start("a program that submits", submit)));
    for round in 0..effort::choose(4, 500) {
        thread::sleep(Duration::from_millis(round % 40));
        assert_eq!(device.try_unbind().0, Ok(()));
        device.bind();
    }
    stop.store(true, Relaxed);
    let mut total = Tally::new();
    for user in users {
        for (what, count) in user.result() {
            *total.entry(what).or_default() += count;
        }
    }
    eprintln!("{total:?}");
    for what in ["Ok(5)", "Ok(3)", "Ok(6)", "left"] {
        assert!(total.contains_key(what), "{what} never came");
    }
    // All commands have ended: no requests hold files any more.
    let fd = device.open(OFlags::RDWR);
    let mut stats = testdev::Stats::default();
    let alone = wait_until(HANG, || {
        stats = testdev::stats(&fd).expect("TESTDEV_STATS");
        stats.opens == stats.drops + 1
    });
    assert!(alone, "HANG: requests are left: {stats:?}");
}
