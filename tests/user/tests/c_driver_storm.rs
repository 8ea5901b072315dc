// SPDX-License-Identifier: GPL-2.0

//! A C driver is unbound repeatedly, under clients that make all calls all the time.

use devscope_tests::{
    effort::choose,
    events::{epoll_next, epoll_on, poll_for, GONE},
    mapped::Mapped,
    sleeper::Sleeper,
    testc::{ask, Ask, Node, TestC, NODES},
    wait_until, HANG,
};
use rustix::{
    event::{epoll::EventFlags, PollFlags},
    fd::OwnedFd,
    fs::{open, Mode, OFlags},
    io::{read, write, Errno},
};
use std::{
    path::PathBuf,
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        Arc,
    },
    time::Duration,
};

/// Makes each call on `file`, until one reports that the device is gone. No call waits for long.
fn use_up(file: &OwnedFd, node: Node) {
    let soon = Duration::from_millis(1);
    let epoll = epoll_on(file, EventFlags::IN | EventFlags::ET);
    for round in 0.. {
        if write(file, b"word") == Err(Errno::NODEV) {
            break;
        }
        // Another client may read the word first: so this sleeps sometimes.
        let result = read(file, &mut [0; 16]);
        assert!(matches!(result, Ok(_) | Err(Errno::NODEV)), "{result:?}");
        if poll_for(file, PollFlags::IN, soon) == GONE {
            break;
        }
        epoll_next(&epoll, soon);
        let page = round % if node == Node::Misc { 3 } else { 2 };
        if let Ok(mapped) = Mapped::of(file, page, 1) {
            let word = mapped.load(0);
            assert!(matches!(word, Ok(_) | Err(Errno::FAULT)), "{word:?}");
        }
        if node == Node::Misc {
            let result = ask(file, Ask::Nothing, 0);
            assert!(matches!(result, Ok(0) | Err(Errno::NODEV)), "{result:?}");
        }
    }
    assert_eq!(read(file, &mut [0; 16]), Err(Errno::NODEV));
}

/// Runs a client until `over`.
fn client(path: PathBuf, node: Node, over: &AtomicBool) {
    while !over.load(Relaxed) {
        match open(&path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()) {
            Ok(file) => use_up(&file, node),
            Err(error) => assert!(
                matches!(error, Errno::NOENT | Errno::NODEV | Errno::NXIO),
                "{error}"
            ),
        }
    }
}

#[test]
fn under_busy_clients() {
    let driver = TestC::new();
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..8)
        .map(|number| {
            let node = NODES[number % 2];
            let path = driver.node(0, node);
            let over = over.clone();
            Sleeper::start("a client", move || client(path, node, &over))
        })
        .collect();
    for cycle in 0..choose(5, 500) {
        let some = wait_until(HANG, || driver.count("opened") > driver.count("released"));
        assert!(some, "nobody opens it, cycle {cycle}");
        std::thread::sleep(Duration::from_millis(30));
        driver.unbind_slowly(0);
        // No caller is inside any more.
        assert_eq!(driver.count("opened"), driver.count("released"), "{cycle}");
        driver.bind(0);
    }
    over.store(true, Relaxed);
    driver.unbind_slowly(0);
    for client in clients {
        client.result();
    }
    assert_eq!(driver.count("late"), 0);
    assert_eq!(driver.count("areas"), 0);
}
