// SPDX-License-Identifier: GPL-2.0

//! All ways to hold an open file: the files are cut off at unbind, also when the device is bound
//! again.

use devscope_tests::{
    child::{Child, End},
    device::Device,
    edu,
    events::{poll_now, GONE},
    fdpass,
    fifo::{assert_gone, assert_works},
    testdev::{self, Stats},
    wait_until, HANG,
};
use rustix::{
    event::PollFlags,
    fd::{AsFd, OwnedFd},
    fs::OFlags,
    io::{dup, read, write, Errno},
    process::{setrlimit, Resource, Rlimit},
};

#[test]
fn nodes_come_and_go() {
    for driver in ["edu", "testdev"] {
        let device = Device::get(driver, 0);
        let nodes = device.nodes();
        assert!(!nodes.is_empty());
        device.unbind();
        for node in &nodes {
            let path = std::path::Path::new("/dev").join(node);
            assert!(wait_until(HANG, || !path.exists()), "{node}");
            assert!(!std::path::Path::new("/sys/class/misc").join(node).exists());
        }
        device.bind();
        device.node();
        assert_eq!(device.nodes(), nodes);
    }
}

#[test]
fn edu_file() {
    let device = Device::get("edu", 0);
    let fd = device.open(OFlags::RDWR);
    // An unread result is lost at unbind.
    assert_eq!(write(&fd, &5u32.to_ne_bytes()), Ok(4));
    device.unbind();
    assert_eq!(read(&fd, &mut [0; 4]), Err(Errno::NODEV));
    assert_eq!(write(&fd, &5u32.to_ne_bytes()), Err(Errno::NODEV));
    assert_eq!(edu::ident(&fd), Err(Errno::NODEV));
    assert_eq!(edu::alive(&fd, 1), Err(Errno::NODEV));
    assert_eq!(poll_now(&fd, PollFlags::IN | PollFlags::OUT), GONE);
}

#[test]
fn old_files_stay_gone_when_the_device_is_back() {
    let device = Device::get("testdev", 0);
    let mut old = Vec::new();
    for _ in 0..3 {
        old.push(device.open(OFlags::RDWR));
        assert_works(old.last().unwrap());
        device.unbind();
        old.iter().for_each(assert_gone);
        device.bind();
        old.iter().for_each(assert_gone);
        assert_works(device.open(OFlags::RDWR));
    }
    drop(old);
    assert_works(device.open(OFlags::RDWR));
}

#[test]
fn duplicates() {
    let device = Device::get("testdev", 0);
    let fd = device.open(OFlags::RDWR);
    let copy = dup(&fd).expect("dup");
    drop(fd);
    assert_works(&copy);
    device.unbind();
    assert_gone(&copy);
    assert_gone(dup(&copy).expect("dup of a dead file"));
}

#[test]
fn inherited_over_fork() {
    let device = Device::get("testdev", 0);
    let fd = device.open(OFlags::RDWR);
    let (ours, theirs) = fdpass::pair();
    let child = Child::fork(|| {
        assert_works(&fd);
        assert_eq!(write(&theirs, b"r"), Ok(1));
        assert_eq!(read(&theirs, &mut [0]), Ok(1));
        assert_gone(&fd);
        0
    });
    assert_eq!(read(&ours, &mut [0]), Ok(1));
    device.unbind();
    assert_eq!(write(&ours, b"g"), Ok(1));
    assert_eq!(child.wait(), End::Exit(0));
    assert_gone(&fd);
}

#[test]
fn in_flight_over_a_socket() {
    let device = Device::get("testdev", 0);
    let (left, right) = fdpass::pair();
    let fd = device.open(OFlags::RDWR);
    fdpass::send(&left, fd.as_fd());
    // The only reference is the message now.
    drop(fd);
    device.unbind();
    device.bind();
    assert_gone(fdpass::receive(&right));
}

#[test]
fn received_before_unbind() {
    let device = Device::get("testdev", 0);
    let (left, right) = fdpass::pair();
    fdpass::send(&left, device.open(OFlags::RDWR).as_fd());
    let fd = fdpass::receive(&right);
    assert_works(&fd);
    device.unbind();
    assert_gone(&fd);
}

/// The driver's counts without that of calls, which this call increments.
fn stats(fd: &OwnedFd) -> Stats {
    let stats = testdev::stats(fd).expect("STATS");
    Stats { calls: 0, ..stats }
}

#[test]
fn a_thousand_open_files() {
    let limit = Rlimit {
        current: Some(4096),
        maximum: Some(4096),
    };
    setrlimit(Resource::Nofile, limit).expect("setrlimit");
    let (device, other) = (Device::get("testdev", 0), Device::get("testdev", 1));
    let watcher = other.open(OFlags::RDWR);
    let before = stats(&watcher);
    let files: Vec<OwnedFd> = (0..1000).map(|_| device.open(OFlags::RDWR)).collect();
    let opened = stats(&watcher);
    assert_eq!(opened.opens, before.opens + 1000);
    assert_eq!(
        (opened.disconnects, opened.drops),
        (before.disconnects, before.drops)
    );

    device.unbind();
    let unbound = stats(&watcher);
    assert_eq!(unbound.disconnects, before.disconnects + 1000, "each once");
    assert_eq!(unbound.drops, before.drops, "the files are open still");

    device.bind();
    files.iter().step_by(100).for_each(assert_gone);
    drop(files);
    let all_dropped = || stats(&watcher).drops == before.drops + 1000;
    assert!(wait_until(HANG, all_dropped), "{:?}", stats(&watcher));
    assert_eq!(stats(&watcher).disconnects, before.disconnects + 1000);
    assert_works(device.open(OFlags::RDWR));
}

#[test]
fn close_disconnects_and_drops_once() {
    let (device, other) = (Device::get("testdev", 0), Device::get("testdev", 1));
    let watcher = other.open(OFlags::RDWR);
    let before = stats(&watcher);
    for _ in 0..10 {
        drop(device.open(OFlags::RDWR));
    }
    let expected = Stats {
        opens: before.opens + 10,
        disconnects: before.disconnects + 10,
        drops: before.drops + 10,
        ..before
    };
    assert!(
        wait_until(HANG, || stats(&watcher) == expected),
        "{:?}",
        stats(&watcher)
    );
    device.unbind();
    assert_eq!(stats(&watcher).disconnects, expected.disconnects);
}
