// SPDX-License-Identifier: GPL-2.0

//! Mappings of a C driver that is unbound: the mapping stays, and its pages are unmapped.

use devscope_tests::{
    child::{Child, End},
    effort::choose,
    mapped::Mapped,
    sleeper::Sleeper,
    testc::{Node, TestC},
    wait_until, HANG,
};
use rustix::{
    fd::OwnedFd,
    io::{read, write, Errno},
    mm::{MapFlags, ProtFlags},
    pipe::pipe,
};
use std::sync::{
    atomic::{AtomicBool, Ordering::Relaxed},
    Arc,
};

/// The nodes, and the page offset of each kind of mapping.
const ALL: [(Node, u64); 5] = [
    (Node::Misc, 0),
    (Node::Misc, 1),
    (Node::Misc, 2),
    (Node::Iter, 0),
    (Node::Iter, 1),
];

#[test]
fn their_pages_go() {
    let driver = TestC::new();
    for (node, page) in ALL {
        let file = driver.open(0, node);
        let mapped = Mapped::of(&file, page, 1).expect("mmap");
        let untouched = Mapped::of(&file, page, 1).expect("mmap");
        assert_eq!(mapped.load(0), Ok(page as u32 + 1), "{node:?} {page}");
        assert_eq!(mapped.store(4, 7), Ok(()));
        assert_eq!(mapped.load(4), Ok(7));
        driver.unbind(0);
        assert_eq!(driver.count("areas"), 0, "{node:?} {page}");
        for it in [&mapped, &untouched] {
            assert_eq!(it.load(0), Err(Errno::FAULT), "{node:?} {page}");
            assert_eq!(it.store(0, 1), Err(Errno::FAULT), "{node:?} {page}");
        }
        assert_eq!(Mapped::of(&file, page, 1).map(drop), Err(Errno::NODEV));
        driver.bind(0);
        assert_eq!(mapped.load(0), Err(Errno::FAULT), "{node:?} {page}");
    }
    assert_eq!(driver.count("late"), 0);
}

#[test]
fn a_touch_is_a_sigbus() {
    let driver = TestC::new();
    for (node, page) in ALL {
        let file = driver.open(0, node);
        let (reader, writer) = pipe().expect("pipe");
        let child = Child::fork(|| {
            let mapped = Mapped::of(&file, page, 1).expect("mmap");
            mapped.touch(0);
            assert_eq!(write(&writer, b"x"), Ok(1));
            loop {
                mapped.touch(0);
            }
        });
        assert_eq!(read(&reader, &mut [0]), Ok(1));
        driver.unbind(0);
        assert_eq!(child.wait(), End::Signal(libc::SIGBUS), "{node:?} {page}");
        driver.bind(0);
    }
}

#[test]
fn those_of_a_forked_process_too() {
    let driver = TestC::new();
    for page in 0..3 {
        let file = driver.open(0, Node::Misc);
        let mapped = Mapped::of(&file, page, 1).expect("mmap");
        mapped.touch(0);
        let (reader, writer) = pipe().expect("pipe");
        let child = Child::fork(|| {
            // Waits for the parent.
            let _ = read(&reader, &mut [0]);
            (mapped.load(0) == Err(Errno::FAULT)).into()
        });
        assert_eq!(driver.count("areas"), 2);
        driver.unbind(0);
        assert_eq!(driver.count("areas"), 0);
        assert_eq!(write(&writer, b"x"), Ok(1));
        assert_eq!(child.wait(), End::Exit(1), "{page}");
        driver.bind(0);
    }
    assert_eq!(driver.count("late"), 0);
}

#[test]
fn what_ends_before_is_told_to_the_driver() {
    let driver = TestC::new();
    let file = driver.open(0, Node::Misc);
    let mut mapped = Mapped::of(&file, 1, 1).expect("mmap");
    assert_eq!(driver.count("areas"), 1);
    mapped.moved(1).expect("mremap");
    assert_eq!(driver.count("areas"), 1);
    assert_eq!(mapped.load(0), Ok(2));
    drop(mapped);
    assert_eq!(driver.count("areas"), 0);
    driver.unbind(0);
    assert_eq!(driver.count("late"), 0);
}

#[test]
fn a_private_copy_is_the_programs() {
    let driver = TestC::new();
    let file = driver.open(0, Node::Misc);
    let both = ProtFlags::READ | ProtFlags::WRITE;
    let mapped = Mapped::with(&file, 1, 1, both, MapFlags::PRIVATE).expect("mmap");
    assert_eq!(mapped.store(0, 9), Ok(()));
    assert_eq!(mapped.load(0), Ok(9));
    let shared = Mapped::of(&file, 1, 1).expect("mmap");
    assert_eq!(shared.load(0), Ok(2));
    driver.unbind(0);
    assert_eq!(shared.load(0), Err(Errno::FAULT));
}

#[test]
fn an_operation_that_is_not_wrapped_is_refused() {
    let driver = TestC::new();
    let file = driver.open(0, Node::Misc);
    let mapped = Mapped::of(&file, 3, 1).map(drop);
    assert_eq!(mapped, Err(Errno::OPNOTSUPP));
    assert_eq!(driver.count("areas"), 0, "the driver is told");
}

/// Maps and accesses pages until the device is gone. Returns the mappings.
fn map_all_the_time(file: &OwnedFd, page: u64) -> Vec<Mapped> {
    let mut all = Vec::new();
    loop {
        match Mapped::of(file, page, 1) {
            Ok(mapped) => {
                let _ = mapped.load(0);
                all.push(mapped);
                all.truncate(16);
            }
            Err(error) => {
                assert_eq!(error, Errno::NODEV);
                return all;
            }
        }
    }
}

#[test]
fn mapped_meanwhile() {
    let driver = TestC::new();
    for _ in 0..choose(4, 500) {
        let started = Arc::new(AtomicBool::new(false));
        let mappers: Vec<_> = ALL
            .into_iter()
            .map(|(node, page)| {
                let (file, started) = (driver.open(0, node), started.clone());
                Sleeper::start("a mapper", move || {
                    started.store(true, Relaxed);
                    (node, page, map_all_the_time(&file, page))
                })
            })
            .collect();
        assert!(wait_until(HANG, || started.load(Relaxed)));
        driver.unbind_slowly(0);
        for mapper in mappers {
            let (node, page, all) = mapper.result();
            for mapped in all {
                assert_eq!(mapped.load(0), Err(Errno::FAULT), "{node:?} {page}");
            }
        }
        driver.bind(0);
    }
    assert_eq!(driver.count("late"), 0);
    assert_eq!(driver.count("areas"), 0);
}
