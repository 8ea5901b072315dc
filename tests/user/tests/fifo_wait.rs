// SPDX-License-Identifier: GPL-2.0

//! Sleeping in testdev: signals, kinds of waits, timeouts.

use devscope_tests::{
    child::{Child, End},
    device::Device,
    pace,
    proc::calls,
    signal::{self, Then},
    sleeper::Sleeper,
    testdev::{self, Wait, FIFO_SIZE},
    wait_until, HANG,
};
use rustix::{
    fd::OwnedFd,
    fs::OFlags,
    io::{read, write, Errno},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const SIGNAL: i32 = libc::SIGUSR1;

fn asleep_in_wait(fd: &Arc<OwnedFd>, how: Wait) -> Sleeper<Result<(), Errno>> {
    let fd = fd.clone();
    Sleeper::asleep("WAIT", calls::IOCTL, move || testdev::wait(fd, how))
}

/// Signals the sleeper, and waits until its handler ran.
fn signal_handled<T: Send + 'static>(sleeper: &Sleeper<T>) {
    let before = signal::handled();
    sleeper.signal(SIGNAL);
    assert!(wait_until(HANG, || signal::handled() > before));
}

#[test]
fn signal_interrupts_a_read() {
    let device = Device::get("testdev", 0);
    let _fifo = device.open_empty();
    signal::handle(SIGNAL, Then::Fail);
    let reader = device.open(OFlags::RDONLY);
    let sleeper = Sleeper::asleep("a reader", calls::READ, move || read(reader, &mut [0; 4]));
    signal_handled(&sleeper);
    assert_eq!(sleeper.result(), Err(Errno::INTR));
}

#[test]
fn signal_restarts_a_read() {
    let device = Device::get("testdev", 0);
    let fifo = device.open_empty();
    signal::handle(SIGNAL, Then::Restart);
    let reader = device.open(OFlags::RDONLY);
    let sleeper = Sleeper::asleep("a reader", calls::READ, move || read(reader, &mut [0; 4]));
    for _ in 0..3 {
        signal_handled(&sleeper);
        sleeper.wait_asleep(calls::READ);
    }
    assert_eq!(write(&fifo, b"end"), Ok(3));
    assert_eq!(sleeper.result(), Ok(3));
}

#[test]
fn signal_interrupts_and_restarts_a_write() {
    let device = Device::get("testdev", 0);
    let fifo = device.open_empty();
    assert_eq!(write(&fifo, &[0; FIFO_SIZE]), Ok(FIFO_SIZE));
    let writer = Arc::new(device.open(OFlags::WRONLY));
    let start = || {
        let writer = writer.clone();
        Sleeper::asleep("a writer", calls::WRITE, move || write(writer, b"more"))
    };
    signal::handle(SIGNAL, Then::Fail);
    let sleeper = start();
    signal_handled(&sleeper);
    assert_eq!(sleeper.result(), Err(Errno::INTR));

    signal::handle(SIGNAL, Then::Restart);
    let sleeper = start();
    signal_handled(&sleeper);
    sleeper.wait_asleep(calls::WRITE);
    assert_eq!(read(&fifo, &mut [0; FIFO_SIZE]), Ok(FIFO_SIZE));
    assert_eq!(sleeper.result(), Ok(4));
}

#[test]
fn release_ends_every_wait_of_its_file() {
    let device = Device::get("testdev", 0);
    let (one, two) = (
        Arc::new(device.open(OFlags::RDWR)),
        Arc::new(device.open(OFlags::RDWR)),
    );
    let kinds = [Wait::INTERRUPTIBLE, Wait::KILLABLE, Wait::timeout(60_000)];
    let waits = kinds.map(|how| asleep_in_wait(&one, how));
    let other = asleep_in_wait(&two, Wait::INTERRUPTIBLE);
    assert_eq!(testdev::release(&one), Ok(()));
    for wait in waits {
        assert_eq!(wait.result(), Ok(()));
    }
    assert!(
        other.is_asleep(calls::IOCTL),
        "it waits on another open file"
    );
    // A release ends the present waits, not the next one.
    let next = asleep_in_wait(&one, Wait::INTERRUPTIBLE);
    for fd in [&one, &two] {
        assert_eq!(testdev::release(fd), Ok(()));
    }
    assert_eq!((other.result(), next.result()), (Ok(()), Ok(())));
}

#[test]
fn signal_interrupts_a_wait() {
    let device = Device::get("testdev", 0);
    let fd = Arc::new(device.open(OFlags::RDWR));
    signal::handle(SIGNAL, Then::Fail);
    for how in [Wait::INTERRUPTIBLE, Wait::timeout(60_000)] {
        let sleeper = asleep_in_wait(&fd, how);
        signal_handled(&sleeper);
        assert_eq!(sleeper.result(), Err(Errno::INTR));
    }
}

#[test]
fn killable_wait_ignores_a_harmless_signal() {
    let device = Device::get("testdev", 0);
    let fd = Arc::new(device.open(OFlags::RDWR));
    signal::handle(SIGNAL, Then::Fail);
    let sleeper = asleep_in_wait(&fd, Wait::KILLABLE);
    sleeper.signal(SIGNAL);
    std::thread::sleep(Duration::from_millis(200));
    assert!(sleeper.is_asleep(calls::IOCTL));
    assert_eq!(testdev::release(&fd), Ok(()));
    assert_eq!(sleeper.result(), Ok(()));
}

#[test]
fn sigkill_ends_every_kind_of_wait() {
    let device = Device::get("testdev", 0);
    let fd = device.open(OFlags::RDWR);
    for how in [Wait::INTERRUPTIBLE, Wait::KILLABLE, Wait::timeout(60_000)] {
        let child = Child::fork(|| testdev::wait(&fd, how).is_ok().into());
        child.wait_asleep(calls::IOCTL);
        child.signal(libc::SIGKILL);
        assert_eq!(child.wait(), End::Signal(libc::SIGKILL));
    }
}

#[test]
fn timeout() {
    let device = Device::get("testdev", 0);
    let fd = device.open(OFlags::RDWR);
    for ms in [1, 300] {
        let start = Instant::now();
        assert_eq!(testdev::wait(&fd, Wait::timeout(ms)), Err(Errno::TIMEDOUT));
        let (took, least) = (start.elapsed(), Duration::from_millis(ms.into()));
        assert!(took >= least, "{took:?} is less than {ms} ms");
        pace::assert_within(took, least + Duration::from_secs(1), "a wait");
    }
}

#[test]
fn non_blocking_file() {
    let device = Device::get("testdev", 0);
    let fd = Arc::new(device.open(OFlags::RDWR | OFlags::NONBLOCK));
    for how in [Wait::INTERRUPTIBLE, Wait::timeout(60_000)] {
        assert_eq!(testdev::wait(&fd, how), Err(Errno::AGAIN));
    }
    // O_NONBLOCK does not apply to a killable wait.
    let sleeper = asleep_in_wait(&fd, Wait::KILLABLE);
    assert_eq!(testdev::release(&fd), Ok(()));
    assert_eq!(sleeper.result(), Ok(()));
}
