// SPDX-License-Identifier: GPL-2.0

//! A C driver is unbound while callers sleep in it, poll it, hold its files or have it mapped. It
//! ignores unplug; it is registered by the functions of `include/linux/devscope.h`.

use devscope_tests::{
    child::{Child, End},
    device::open,
    effort::choose,
    events::{epoll_next, epoll_on, poll_for, poll_now, select_exceptional, EPOLL_GONE, GONE},
    module::is_loaded,
    proc::calls,
    signal::{handle, handled, Then},
    sleeper::{wait_all_asleep, Sleeper},
    testc::{ask, Ask, Node, TestC, NODES},
    wait_until, FOR_EVER, HANG, UNBIND_LIMIT,
};
use rustix::{
    event::{epoll::EventFlags, PollFlags},
    fd::OwnedFd,
    fs::{seek, OFlags, SeekFrom},
    io::{read, write, Errno},
};
use std::{fs, path::Path, sync::Arc, time::Duration};

/// Asserts that no driver code has run without its device, and that each file was released once.
fn assert_fenced(driver: &TestC) {
    let counts = ["late", "opened", "released", "areas"].map(|name| driver.count(name));
    assert_eq!(counts[0], 0, "calls without a device");
    assert_eq!(counts[1], counts[2], "each file is released once");
    assert_eq!(counts[3], 0, "mappings that did not end for the driver");
}

#[test]
fn sleeping_readers() {
    let driver = TestC::new();
    for signal in [libc::SIGUSR1, libc::SIGURG, libc::SIGIO, libc::SIGCHLD] {
        handle(signal, Then::Fail);
    }
    let before = handled();
    for node in NODES {
        let shared = Arc::new(driver.open(0, node));
        let readers: Vec<_> = (0..choose(10, 100))
            .map(|number| {
                let file = match number % 2 {
                    0 => shared.clone(),
                    _ => Arc::new(driver.open(0, node)),
                };
                Sleeper::start("a reader", move || {
                    let result = read(&file, &mut [0; 16]);
                    // The next call is not interrupted.
                    (result, poll_for(&file, PollFlags::PRI, Duration::ZERO))
                })
            })
            .collect();
        wait_all_asleep(&readers, calls::READ);
        driver.unbind(0);
        for reader in readers {
            let result = reader.result_within(UNBIND_LIMIT);
            assert_eq!(result, (Err(Errno::NODEV), GONE));
        }
        driver.bind(0);
    }
    assert_eq!(handled(), before, "a signal was seen");
    assert_fenced(&driver);
}

#[test]
fn registrations_that_end_with_the_binding() {
    let driver = TestC::with("managed=1");
    for node in NODES {
        let file = Arc::new(driver.open(0, node));
        let reading = file.clone();
        let reader = Sleeper::asleep("a reader", calls::READ, move || read(reading, &mut [0; 16]));
        driver.unbind(0);
        assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        assert_eq!(write(&file, b"word"), Err(Errno::NODEV));
        driver.bind(0);
    }
    assert_fenced(&driver);
}

#[test]
fn another_device_is_left_alone() {
    let driver = TestC::new();
    for node in NODES {
        let file = Arc::new(driver.open(1, node));
        let reading = file.clone();
        let reader = Sleeper::asleep("a reader", calls::READ, move || read(reading, &mut [0; 16]));
        driver.unbind(0);
        assert!(reader.is_asleep(calls::READ));
        assert_eq!(write(&file, b"word"), Ok(4));
        assert_eq!(reader.result(), Ok(4));
        driver.bind(0);
    }
}

#[test]
fn every_interruptible_wait() {
    let driver = TestC::new();
    let waits = [
        Ask::Wait,
        Ask::Eintr,
        Ask::Own,
        Ask::Again,
        Ask::Hold,
        Ask::Lock,
    ];
    let sleepers: Vec<_> = waits
        .into_iter()
        .map(|what| {
            let file = driver.open(0, Node::Misc);
            Sleeper::asleep("a caller", calls::IOCTL, move || (what, ask(file, what, 3)))
        })
        .collect();
    driver.unbind(0);
    for sleeper in sleepers {
        let (what, result) = sleeper.result_within(UNBIND_LIMIT);
        // One of those that wait for the mutex may have got it.
        let locked = what == Ask::Lock && result == Ok(0);
        assert!(
            locked || result == Err(Errno::NODEV),
            "{what:?}: {result:?}"
        );
    }
    assert_fenced(&driver);
}

#[test]
fn nothing_looks_like_a_signal_afterwards() {
    let driver = TestC::new();
    let other = Arc::new(driver.open(1, Node::Misc));
    let file = driver.open(0, Node::Misc);
    let asked = other.clone();
    let caller = Sleeper::asleep("a caller", calls::IOCTL, move || {
        let result = ask(file, Ask::Wait, 0);
        (result, ask(asked, Ask::Pending, 0))
    });
    driver.unbind(0);
    assert_eq!(caller.result(), (Err(Errno::NODEV), Ok(0)));
}

#[test]
fn a_busy_caller_is_waited_for() {
    let driver = TestC::new();
    let file = driver.open(0, Node::Misc);
    let caller = Sleeper::asleep("a caller", calls::IOCTL, move || ask(file, Ask::Busy, 1000));
    let took = driver.unbind_slowly(0);
    assert!(took >= Duration::from_millis(500), "{took:?}");
    assert_eq!(caller.result(), Ok(0));
    assert_fenced(&driver);
}

#[test]
fn a_thread_of_the_kernel() {
    let driver = TestC::new();
    let file = driver.open(0, Node::Misc);
    let tid = ask(&file, Ask::Thread, 0).expect("a thread");
    let asleep = || {
        let stat = fs::read_to_string(format!("/proc/{tid}/stat")).unwrap_or_default();
        stat.contains("(testc) S")
    };
    assert!(wait_until(HANG, asleep));
    driver.unbind(0);
    assert!(wait_until(HANG, || driver.count("thread_pending") == 0));
    assert_eq!(driver.count("thread_result"), -libc::ENODEV);
    assert_fenced(&driver);
}

#[test]
fn pollers() {
    let driver = TestC::new();
    for node in NODES {
        let file = Arc::new(driver.open(0, node));
        let watched = file.clone();
        let poller = Sleeper::asleep("poll", calls::POLL, move || {
            poll_for(watched, PollFlags::IN, FOR_EVER)
        });
        let watched = file.clone();
        let selector = Sleeper::asleep("select", calls::SELECT, move || {
            select_exceptional(watched, Duration::from_secs(60))
        });
        let modes = [EventFlags::empty(), EventFlags::ET, EventFlags::ONESHOT];
        let [level, edge, once] =
            modes.map(|mode| Arc::new(epoll_on(&file, EventFlags::IN | mode)));
        let waiting = edge.clone();
        let waiter = Sleeper::asleep("epoll_wait", calls::EPOLL, move || {
            epoll_next(waiting, FOR_EVER)
        });
        driver.unbind(0);
        assert_eq!(poller.result_within(UNBIND_LIMIT), GONE);
        assert_eq!(waiter.result_within(UNBIND_LIMIT), EPOLL_GONE);
        assert!(selector.result_within(UNBIND_LIMIT));
        for epoll in [&level, &once] {
            assert_eq!(epoll_next(epoll, Duration::ZERO), EPOLL_GONE);
        }
        assert_eq!(
            epoll_next(&edge, Duration::ZERO),
            EventFlags::empty(),
            "once"
        );
        // The pollers outlive the next binding, too, and the queue that they were on.
        driver.bind(0);
        assert_eq!(epoll_next(&level, Duration::ZERO), EPOLL_GONE);
        driver.unbind(0);
        driver.bind(0);
    }
}

#[test]
fn a_poller_that_is_woken_by_the_driver() {
    let driver = TestC::new();
    for node in NODES {
        let file = Arc::new(driver.open(0, node));
        let edge = epoll_on(&file, EventFlags::IN | EventFlags::ET);
        let watched = file.clone();
        let poller = Sleeper::asleep("poll", calls::POLL, move || {
            poll_for(watched, PollFlags::IN, FOR_EVER)
        });
        assert_eq!(write(&file, b"word"), Ok(4));
        assert_eq!(poller.result(), PollFlags::IN);
        assert_eq!(epoll_next(&edge, HANG), EventFlags::IN);
        assert_eq!(epoll_next(&edge, Duration::ZERO), EventFlags::empty());
        assert_eq!(read(&file, &mut [0; 16]), Ok(4));
        assert_eq!(poll_now(&file, PollFlags::IN), PollFlags::empty());
    }
}

/// A queue may be freed before the file that is polled on it.
#[test]
fn a_queue_that_is_freed() {
    let driver = TestC::new();
    let file = driver.open(0, Node::Misc);
    let epolls = [EventFlags::IN, EventFlags::IN | EventFlags::ET].map(|events| {
        assert_eq!(ask(&file, Ask::Queue, 0), Ok(0));
        let epoll = epoll_on(&file, events);
        assert_eq!(ask(&file, Ask::Unqueue, 0), Ok(0));
        epoll
    });
    for epoll in &epolls {
        assert_eq!(epoll_next(epoll, Duration::ZERO), EventFlags::empty());
    }
    // The pollers are still on the other queue.
    assert_eq!(write(&file, b"word"), Ok(4));
    for epoll in &epolls {
        assert_eq!(epoll_next(epoll, HANG), EventFlags::IN);
    }
    driver.unbind(0);
    for epoll in &epolls {
        assert_eq!(epoll_next(epoll, HANG), EPOLL_GONE);
    }
    assert_fenced(&driver);
}

#[test]
fn old_files_for_ever() {
    let driver = TestC::new();
    let files = NODES.map(|node| driver.open(0, node));
    let full = driver.open(0, Node::Misc);
    assert_eq!(write(&full, b"word"), Ok(4));
    driver.unbind(0);
    assert_eq!(driver.count("released"), 3, "while they are open");
    for node in NODES {
        let path = driver.node(0, node);
        assert_eq!(open(&path, OFlags::RDWR).map(drop), Err(Errno::NOENT));
    }
    let gone = |files: &[OwnedFd]| {
        for file in files.iter().chain([&full]) {
            assert_eq!(read(file, &mut [0; 16]), Err(Errno::NODEV));
            assert_eq!(read(file, &mut [0; 0]), Err(Errno::NODEV));
            assert_eq!(write(file, b"word"), Err(Errno::NODEV));
            assert_eq!(poll_now(file, PollFlags::IN), GONE);
        }
        assert_eq!(ask(&full, Ask::Nothing, 0), Err(Errno::NODEV));
    };
    gone(&files);
    driver.bind(0);
    gone(&files);
    assert_eq!(
        poll_now(driver.open(0, Node::Misc), PollFlags::IN),
        PollFlags::empty()
    );
    // A cdev holds its owner while a file of it is open; a misc device has no cdev of its own.
    let [misc, iter] = files;
    drop(iter);
    drop(driver);
    assert!(!is_loaded("testc"), "an open file holds the driver");
    gone(&[misc]);
}

#[test]
fn closed_meanwhile() {
    let driver = TestC::new();
    for round in 0..choose(10, 500) {
        let files: Vec<OwnedFd> = (0..8).map(|_| driver.open(0, NODES[round % 2])).collect();
        let closer = Sleeper::start("a closer", move || drop(files));
        driver.unbind(0);
        closer.result();
        driver.bind(0);
    }
    assert_fenced(&driver);
}

#[test]
fn killed_while_asleep() {
    let driver = TestC::new();
    let file = driver.open(0, Node::Misc);
    let child = Child::fork(move || read(file, &mut [0; 16]).is_ok().into());
    child.wait_asleep(calls::READ);
    child.signal(libc::SIGKILL);
    assert_eq!(child.wait(), End::Signal(libc::SIGKILL));
    let released = || driver.count("released") == driver.count("opened");
    assert!(wait_until(HANG, released));
    driver.unbind(0);
}

/// The lines that were added to the kernel's log during `act`.
fn said_during(act: impl FnOnce()) -> String {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK;
    let log = open(Path::new("/dev/kmsg"), flags).expect("/dev/kmsg");
    seek(&log, SeekFrom::End(0)).expect("seek");
    act();
    let mut said = String::new();
    let mut record = [0; 8192];
    while let Ok(len) = read(&log, &mut record) {
        said += &String::from_utf8_lossy(&record[..len]);
    }
    said
}

#[test]
fn the_log_says_who_is_waited_for() {
    const SECONDS: &str = "/sys/module/devscope/parameters/drain_warning";
    let driver = TestC::new();
    let file = driver.open(0, Node::Misc);
    let caller = Sleeper::asleep("a caller", calls::IOCTL, move || ask(file, Ask::Busy, 3000));
    fs::write(SECONDS, "1").expect("a parameter");
    let said = said_during(|| _ = driver.unbind_slowly(0));
    fs::write(SECONDS, "10").expect("a parameter");
    assert_eq!(caller.result(), Ok(0));
    assert!(said.contains("testc0: unplug waits for"), "{said}");
    assert!(said.contains("state D, inside the driver"), "{said}");
}
