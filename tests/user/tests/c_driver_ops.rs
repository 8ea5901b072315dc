// SPDX-License-Identifier: GPL-2.0

//! Each file operation of a C driver reaches the driver, but not after the device is gone.

use devscope_tests::{
    compat,
    events::GONE,
    mapped::Mapped,
    ring::Ring,
    signal::Pending,
    sleeper::Sleeper,
    testc::{ask, Ask, Node, TestC},
    testdev::Command,
    UNBIND_LIMIT,
};
use rustix::{
    event::PollFlags,
    fd::{AsFd, AsRawFd, IntoRawFd, OwnedFd},
    fs::{
        fadvise, fcntl_lock, fcntl_setfl, flock, fsync, seek, Advice, FlockOperation, OFlags,
        SeekFrom,
    },
    io::{read, readv, write, Errno, Result},
    pipe::{pipe, splice, SpliceFlags},
};
use std::{fs, io::IoSliceMut, path::Path, time::Duration};

/// `close()`, with its result.
fn close(file: OwnedFd) -> Result<()> {
    // SAFETY: The caller has passed the ownership of the descriptor.
    match unsafe { libc::close(file.into_raw_fd()) } {
        0 => Ok(()),
        _ => Err(Errno::from_io_error(&std::io::Error::last_os_error()).expect("an errno")),
    }
}

fn fdinfo(file: impl AsFd) -> String {
    let path = format!("/proc/self/fdinfo/{}", file.as_fd().as_raw_fd());
    fs::read_to_string(path).expect("fdinfo")
}

fn compat_nothing(file: &OwnedFd) -> Result<usize> {
    // SAFETY: The command has no argument.
    unsafe { compat::ioctl(file, 0xc7 << 8 | Ask::Nothing as u32, 0) }
}

/// The result of each operation of the misc device, as text.
fn all(file: &OwnedFd) -> Vec<String> {
    let mut said = Vec::new();
    let mut say = |what: &str, result: Result<u64>| said.push(format!("{what} {result:?}"));
    say("ioctl", ask(file, Ask::Nothing, 0).map(|it| it as u64));
    say("compat_ioctl", compat_nothing(file).map(|it| it as u64));
    say("llseek", seek(file, SeekFrom::Start(5)));
    say("write", write(file, b"word").map(|it| it as u64));
    let mut bytes = [0; 16];
    say(
        "readv",
        readv(file, &mut [IoSliceMut::new(&mut bytes)]).map(|it| it as u64),
    );
    say("fsync", fsync(file).map(|()| 0));
    say(
        "fadvise",
        fadvise(file, 0, None, Advice::Random).map(|()| 0),
    );
    say(
        "flock",
        flock(file, FlockOperation::LockExclusive).map(|()| 0),
    );
    say(
        "lock",
        fcntl_lock(file, FlockOperation::LockExclusive).map(|()| 0),
    );
    said
}

#[test]
fn each_of_the_misc_device() {
    let driver = TestC::new();
    let file = driver.open(0, Node::Misc);
    let live = [
        "ioctl Ok(0)",
        "compat_ioctl Ok(0)",
        "llseek Ok(1005)",
        "write Ok(4)",
        "readv Ok(4)",
        "fsync Err(Os { code: 52, kind: Uncategorized, message: \"Invalid exchange\" })",
        "fadvise Err(Os { code: 52, kind: Uncategorized, message: \"Invalid exchange\" })",
        "flock Ok(0)",
        "lock Ok(0)",
    ];
    assert_eq!(all(&file), live);
    assert!(fdinfo(&file).contains("testc:\ttestc0"));
    let other = driver.open(0, Node::Misc);
    assert_eq!(close(other), Err(Errno::IO), "what flush() says");
    driver.unbind(0);
    let gone = all(&file);
    let gone: Vec<_> = gone.iter().filter(|it| !it.contains("code: 19,")).collect();
    assert!(gone.is_empty(), "{gone:?}");
    assert!(!fdinfo(&file).contains("testc:"));
    // The kernel releases its locks when it is closed.
    assert_eq!(flock(&file, FlockOperation::Unlock), Ok(()));
    assert_eq!(close(file), Ok(()));
    assert_eq!(driver.count("late"), 0);
}

#[test]
fn splice_reaches_the_driver() {
    let driver = TestC::new();
    let file = driver.open(0, Node::Iter);
    let (reader, writer) = pipe().expect("pipe");
    let to = |from: &OwnedFd| splice(from, None, &writer, None, 16, SpliceFlags::empty());
    assert_eq!(write(&writer, b"words"), Ok(5));
    assert_eq!(
        splice(&reader, None, &file, None, 16, SpliceFlags::empty()),
        Ok(5)
    );
    assert_eq!(to(&file), Ok(5));
    assert_eq!(read(&reader, &mut [0; 16]), Ok(5));
    driver.unbind(0);
    assert_eq!(to(&file), Err(Errno::NODEV));
    assert_eq!(write(&writer, b"words"), Ok(5));
    let from = splice(&reader, None, &file, None, 16, SpliceFlags::empty());
    assert_eq!(from, Err(Errno::NODEV));
    assert_eq!(driver.count("late"), 0);
}

#[test]
fn a_sleeping_splice() {
    let driver = TestC::new();
    let file = driver.open(0, Node::Iter);
    let (_reader, writer) = pipe().expect("pipe");
    let splicer = Sleeper::asleep("splice", &[libc::SYS_splice], move || {
        splice(&file, None, &writer, None, 16, SpliceFlags::empty())
    });
    driver.unbind(0);
    assert_eq!(splicer.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
}

#[test]
fn requests_of_a_ring() {
    let driver = TestC::new();
    let (misc, iter) = (driver.open(0, Node::Misc), driver.open(0, Node::Iter));
    let mut ring = Ring::new();
    // Of the two reads, one waits for the poll, and the other sleeps in a worker.
    let requests = [
        ring.read(&iter),
        ring.read(&misc),
        ring.command(&iter, Command::keep()),
    ];
    let poll = ring.poll(&misc, PollFlags::IN);
    // Give the workers time to sleep.
    std::thread::sleep(Duration::from_millis(100));
    driver.unbind(0);
    for request in requests {
        assert_eq!(ring.result(request), Err(Errno::NODEV));
    }
    assert_eq!(ring.result(poll), Ok(GONE.bits().into()));
    // The workers can still do other work.
    let other = driver.open(1, Node::Misc);
    let request = ring.read(&other);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(ring.try_result(request), None);
    assert_eq!(write(&other, b"word"), Ok(4));
    assert_eq!(ring.result(request), Ok(4));
    assert_eq!(driver.count("late"), 0);
}

#[test]
fn signals_of_an_asynchronous_file() {
    let driver = TestC::new();
    let signal = libc::SIGRTMIN() + 2;
    let pending = Pending::block(&[signal]);
    for node in [Node::Misc, Node::Iter] {
        let file = driver.open(0, node);
        pending.own(&file, signal);
        fcntl_setfl(&file, OFlags::from_bits_retain(libc::O_ASYNC as u32)).expect("O_ASYNC");
        if node == Node::Misc {
            assert_eq!(write(&file, b"word"), Ok(4));
            assert_eq!(pending.take(), format!(" signal {signal} reason 1"));
        }
        driver.unbind(0);
        // POLL_HUP
        assert_eq!(pending.take(), format!(" signal {signal} reason 6"));
        driver.bind(0);
        // O_ASYNC is off, and cannot be set again.
        fcntl_setfl(&file, OFlags::empty()).expect("no O_ASYNC");
        let flags = OFlags::from_bits_retain(libc::O_ASYNC as u32);
        assert_eq!(fcntl_setfl(&file, flags), Err(Errno::NODEV));
    }
    assert_eq!(driver.count("late"), 0);
}

#[test]
fn other_operations_that_open_has_chosen() {
    let driver = TestC::new();
    let file = driver.open_with(0, Node::Misc, OFlags::RDWR | OFlags::DSYNC);
    assert_eq!(read(&file, &mut [0; 4]), Err(Errno::BADE));
    assert_eq!(write(&file, b"word"), Err(Errno::INVAL), "there is none");
    // One of them is get_unmapped_area().
    let mapped = || Mapped::of(&file, 0, 1).err();
    assert_eq!(mapped(), Some(Errno::BADE));
    driver.unbind(0);
    assert_eq!(read(&file, &mut [0; 4]), Err(Errno::NODEV));
    assert_eq!(mapped(), Some(Errno::NODEV));
    assert_eq!(driver.count("released"), 1);
    assert_eq!(driver.count("late"), 0);
}

#[test]
fn an_operation_that_is_not_wrapped_is_refused() {
    let driver = TestC::with("unsupported=1");
    assert!(!Path::new("/dev/testc0").exists());
    assert!(!Path::new("/dev/testc0-iter").exists());
    assert!(!Path::new("/sys/bus/platform/drivers/testc/testc.0").exists());
    drop(driver);
}
