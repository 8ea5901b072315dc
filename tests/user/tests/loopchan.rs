// SPDX-License-Identifier: GPL-2.0

//! Pairs of devices that are created with their descriptors, and removed when these are closed.

use devscope_tests::{
    child::{Child, End},
    device::{open, Device},
    effort,
    events::{poll_for, GONE},
    fdpass,
    killed::at_each_step,
    loopchan::{self, pair, NODES, NONBLOCK, PAIR},
    maker::descriptors,
    module::{load, unload},
    pages::Pages,
    pairs::{assert_connected, assert_gone, node_of, nodes, Loopchan, MODULE},
    proc::calls,
    sleeper::Sleeper,
    wait_until, FOR_EVER, HANG, UNBIND_LIMIT,
};
use rustix::{
    event::PollFlags,
    fd::{AsFd, AsRawFd},
    fs::{fstat, FileType, OFlags},
    io::{fcntl_getfd, read, write, Errno, FdFlags},
    mm::MprotectFlags,
};
use std::{
    fs::read_link,
    path::{Path, PathBuf},
    thread,
};

#[test]
fn two_ends() {
    let loopchan = Loopchan::new();
    for flags in [0, NODES] {
        let [left, right] = loopchan.pair(flags);
        assert_connected(&left, &right);
        assert_connected(&right, &left);
        loopchan.assert_count(2);
        for end in [&left, &right] {
            let mode = fstat(end).expect("fstat").st_mode;
            assert_eq!(FileType::from_raw_mode(mode), FileType::CharacterDevice);
            assert_eq!(fcntl_getfd(end), Ok(FdFlags::CLOEXEC));
        }
        drop((left, right));
        loopchan.assert_none();
    }
    assert_eq!(pair(&loopchan.control, 0x10).err(), Some(Errno::INVAL));
}

#[test]
fn nonblocking() {
    let loopchan = Loopchan::new();
    let [left, right] = loopchan.pair(NONBLOCK);
    assert_eq!(read(&left, &mut [0; 8]), Err(Errno::AGAIN));
    while write(&left, &[7; loopchan::CHUNK]).is_ok() {}
    assert_eq!(write(&left, &[7]), Err(Errno::AGAIN));
    assert_eq!(read(&right, &mut [0; 1000]), Ok(loopchan::CHUNK));
    assert_eq!(write(&left, &[7]), Ok(1));
}

/// As with a pipe: written data can be read, followed by end of file.
#[test]
fn other_end_is_gone() {
    let loopchan = Loopchan::new();
    let [left, right] = loopchan.pair(0);
    assert_eq!(write(&left, b"last"), Ok(4));
    drop(left);
    loopchan.assert_count(1);
    let mut bytes = [0; 8];
    assert_eq!(read(&right, &mut bytes), Ok(4));
    assert_eq!(read(&right, &mut bytes), Ok(0));
    assert_eq!(write(&right, b"x"), Err(Errno::PIPE));
}

#[test]
fn reader_wakes_at_the_end_of_the_other() {
    let loopchan = Loopchan::new();
    let [left, right] = loopchan.pair(0);
    let reader = Sleeper::asleep("a reader", calls::READ, move || read(right, &mut [0; 8]));
    drop(left);
    assert_eq!(reader.result(), Ok(0));
}

/// The node and the descriptor belong to the same device: closing the descriptor removes the node,
/// and cuts off files that were opened by it.
#[test]
fn nodes_go_with_the_descriptor() {
    let loopchan = Loopchan::new();
    let [left, right] = loopchan.pair(NODES);
    assert_eq!(nodes().len(), 2);
    let node = node_of(&left);
    let [file, sleeping, polling] = [(); 3].map(|()| open(&node, OFlags::RDWR).expect("a node"));
    assert_connected(&file, &right);
    let reader = Sleeper::asleep("a reader", calls::READ, move || read(sleeping, &mut [0; 8]));
    let poller = Sleeper::asleep("a poller", calls::POLL, move || {
        poll_for(&polling, PollFlags::IN, FOR_EVER)
    });
    drop(left);
    assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
    assert_eq!(poller.result_within(UNBIND_LIMIT), GONE);
    assert_gone(&file);
    assert!(wait_until(HANG, || !node.exists()));
    assert_eq!(nodes(), [node_of(&right)]);
    assert_eq!(read(&right, &mut [0; 8]), Ok(0), "the other one is told");
    drop(right);
    loopchan.assert_none();
}

/// The descriptor was not opened by the node: its file cannot be reopened.
#[test]
fn no_second_open() {
    let loopchan = Loopchan::new();
    for flags in [0, NODES] {
        let [left, _right] = loopchan.pair(flags);
        let path = format!("/proc/self/fd/{}", left.as_raw_fd());
        let name = read_link(&path)
            .expect("a link")
            .into_os_string()
            .into_string()
            .unwrap();
        assert!(name.starts_with("devscope:["), "{name}");
        let again = open(Path::new(&path), OFlags::RDWR);
        assert_eq!(again.err(), Some(Errno::ACCESS));
    }
}

#[test]
fn a_copy_keeps_the_device() {
    let loopchan = Loopchan::new();
    let [left, right] = loopchan.pair(NODES);
    let copy = left.try_clone().expect("dup");
    drop(left);
    assert_connected(&copy, &right);
    loopchan.assert_count(2);
}

#[test]
fn unbind_takes_all_ends() {
    let loopchan = Loopchan::new();
    let ends = [0, NODES].map(|flags| loopchan.pair(flags));
    let [left, _right] = loopchan.pair(0);
    let reader = Sleeper::asleep("a reader", calls::READ, {
        let left = left.try_clone().expect("dup");
        move || read(left, &mut [0; 8])
    });
    loopchan.device.unbind();
    assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
    ends.iter().flatten().for_each(assert_gone);
    assert_gone(&left);
    assert_eq!(nodes(), [] as [PathBuf; 0]);
    assert_eq!(pair(&loopchan.control, 0).err(), Some(Errno::NODEV));

    loopchan.device.bind();
    let control = loopchan.device.open(OFlags::RDWR);
    let [left, right] = pair(&control, NODES).expect("a pair of the new binding");
    assert_connected(&left, &right);
    drop(ends);
    assert_eq!(
        loopchan::count(&control),
        Ok(2),
        "the old ones are not the new one's"
    );
}

/// A module whose devices are in use cannot be unloaded; afterwards it can, even while a worker
/// runs.
#[test]
fn rmmod() {
    let loopchan = Loopchan::new();
    let [left, right] = loopchan.pair(NODES);
    assert_eq!(unload(MODULE), Err(Errno::AGAIN));
    assert_connected(&left, &right);
    drop((left, right));
    drop(loopchan);
    for _ in 0..effort::choose(5, 100) {
        load(MODULE, "").expect("insmod");
        let device = Device::sole(MODULE);
        let control = device.open(OFlags::RDWR);
        drop(pair(&control, NODES).expect("a pair"));
        drop(control);
        assert!(wait_until(HANG, || unload(MODULE).is_ok()), "it is in use");
        assert_eq!(nodes(), [] as [PathBuf; 0]);
    }
}

/// Devices outlive the process that created them while another process has the descriptor.
#[test]
fn creator_is_gone() {
    let loopchan = Loopchan::new();
    let (ours, theirs) = fdpass::pair();
    let creator = Child::fork(|| {
        let [left, right] = loopchan.pair(NODES);
        fdpass::send(&theirs, left.as_fd());
        fdpass::send(&theirs, right.as_fd());
        0
    });
    assert_eq!(creator.wait(), End::Exit(0));
    let [left, right] = [(); 2].map(|()| fdpass::receive(&ours));
    assert_connected(&left, &right);
    loopchan.assert_count(2);
    // The descriptor is in a message, which is never received.
    fdpass::send(&theirs, left.as_fd());
    drop(left);
    assert_connected(&right, &fdpass::receive(&ours));
    drop(right);
    loopchan.assert_none();
}

/// SIGKILL at each step of creating and closing.
#[test]
fn creator_is_killed_anywhere() {
    let loopchan = Loopchan::new();
    let steps = at_each_step(
        24,
        || drop(pair(&loopchan.control, NODES)),
        || loopchan.assert_none(),
    );
    eprintln!("{steps} steps");
    assert!(steps > 100);
}

/// The descriptor table has room for none, and for one.
#[test]
fn no_descriptor_is_left() {
    let loopchan = Loopchan::new();
    let before = descriptors();
    for room in [0, 1] {
        for flags in [0, NODES] {
            let failed = loopchan.with_room(room, || pair(&loopchan.control, flags).err());
            assert_eq!(failed, Some(Errno::MFILE));
            loopchan.assert_none();
        }
    }
    assert_eq!(descriptors(), before);
}

/// The answer cannot be copied to user memory: both devices exist by then, and are removed.
#[test]
fn answer_to_nowhere() {
    let loopchan = Loopchan::new();
    let before = descriptors();
    let pages = Pages::fresh(1);
    for flags in [0, NODES] {
        pages.set(0, &[flags.to_ne_bytes(), [0; 4], [0; 4]].concat());
        pages.protect(0, MprotectFlags::READ);
        let failed = pages.ioctl(&loopchan.control, PAIR, 0).err();
        pages.protect(0, MprotectFlags::READ | MprotectFlags::WRITE);
        assert_eq!(failed, Some(Errno::FAULT));
        loopchan.assert_none();
    }
    assert_eq!(descriptors(), before);
}

/// Many at once, from several threads, with and without nodes.
#[test]
fn many_in_parallel() {
    let loopchan = Loopchan::new();
    let pairs = effort::choose(20, 125);
    thread::scope(|threads| {
        for thread in 0..4 {
            let loopchan = &loopchan;
            threads.spawn(move || {
                let make = |n| loopchan.pair(if (thread + n) % 2 == 0 { NODES } else { 0 });
                let pairs: Vec<_> = (0..pairs).map(make).collect();
                pairs
                    .iter()
                    .for_each(|[left, right]| assert_connected(left, right));
            });
        }
    });
    loopchan.assert_none();
}

#[test]
fn rounds_leave_nothing() {
    let loopchan = Loopchan::new();
    loopchan.assert_rounds_leave_nothing(200, |n| {
        drop(loopchan.pair(if n.is_multiple_of(2) { NODES } else { 0 }));
    });
}
