// SPDX-License-Identifier: GPL-2.0

//! Requests of io_uring that are pending while their device is unbound.

use devscope_tests::{
    device::Device,
    events::GONE,
    ring::Ring,
    testdev::FIFO_SIZE,
    wait_until,
    HANG, //
};
use rustix::{
    event::PollFlags,
    fs::OFlags,
    io::{write, Errno},
};
use std::{thread, time::Duration};

const GONE_BITS: u32 = GONE.bits() as u32;

/// Time for a request to reach the point where it waits.
const SETTLE: Duration = Duration::from_millis(200);

#[test]
fn requests_end_well_while_the_device_exists() {
    let device = Device::get("testdev", 0);
    let fifo = device.open_empty();
    let fd = device.open(OFlags::RDWR);
    let mut ring = Ring::new();
    let poll = ring.poll(&fd, PollFlags::IN);
    thread::sleep(SETTLE);
    assert_eq!(ring.try_result(poll), None);
    assert_eq!(write(&fifo, b"some"), Ok(4));
    assert_eq!(ring.result(poll), Ok(PollFlags::IN.bits().into()));
    let ready = ring.read(&fd);
    assert_eq!(ring.result(ready), Ok(4));

    let read = ring.read(&fd);
    thread::sleep(SETTLE);
    assert_eq!(ring.try_result(read), None);
    assert_eq!(write(&fifo, b"more"), Ok(4));
    assert_eq!(ring.result(read), Ok(4));
    let wrote = ring.write(&fd);
    assert_eq!(ring.result(wrote), Ok(4));
}

#[test]
fn read_and_poll_end_at_unbind() {
    for driver in ["edu", "testdev"] {
        let device = Device::get(driver, 0);
        let fd = match driver {
            "edu" => device.open(OFlags::RDWR),
            _ => {
                let _fifo = device.open_empty();
                device.open(OFlags::RDWR)
            }
        };
        let mut ring = Ring::new();
        let (read, poll) = (ring.read(&fd), ring.poll(&fd, PollFlags::IN));
        thread::sleep(SETTLE);
        assert_eq!(ring.try_result(read), None);
        assert_eq!(ring.try_result(poll), None);
        device.unbind();
        assert_eq!(ring.result(read), Err(Errno::NODEV), "{driver}");
        assert_eq!(ring.result(poll), Ok(GONE_BITS), "{driver}");
    }
}

#[test]
fn write_ends_at_unbind() {
    let device = Device::get("testdev", 0);
    let fifo = device.open_empty();
    assert_eq!(write(&fifo, &[0; FIFO_SIZE]), Ok(FIFO_SIZE));
    let fd = device.open(OFlags::WRONLY);
    let mut ring = Ring::new();
    let wrote = ring.write(&fd);
    thread::sleep(SETTLE);
    assert_eq!(ring.try_result(wrote), None);
    device.unbind();
    assert_eq!(ring.result(wrote), Err(Errno::NODEV));
}

#[test]
fn the_ring_holds_the_last_reference() {
    let device = Device::get("testdev", 0);
    let fd = device.open(OFlags::RDWR);
    let _fifo = device.open_empty();
    let mut ring = Ring::new();
    let (read, poll) = (ring.read(&fd), ring.poll(&fd, PollFlags::IN));
    thread::sleep(SETTLE);
    drop(fd);
    device.unbind();
    device.bind();
    assert_eq!(ring.result(read), Err(Errno::NODEV));
    assert_eq!(ring.result(poll), Ok(GONE_BITS));
}

#[test]
fn requests_after_unbind() {
    let device = Device::get("testdev", 0);
    let fd = device.open(OFlags::RDWR);
    device.unbind();
    let mut ring = Ring::new();
    let (read, wrote) = (ring.read(&fd), ring.write(&fd));
    let poll = ring.poll(&fd, PollFlags::IN);
    assert_eq!(ring.result(read), Err(Errno::NODEV));
    assert_eq!(ring.result(wrote), Err(Errno::NODEV));
    assert_eq!(ring.result(poll), Ok(GONE_BITS));
}

#[test]
fn reads_one_after_the_other_end_at_unbind() {
    for flags in [OFlags::empty(), OFlags::NONBLOCK] {
        let device = Device::get("testdev", 0);
        let fifo = device.open_empty();
        let fd = device.open(OFlags::RDWR | flags);
        let mut ring = Ring::new();
        let reads = ring.read_many(&fd, 4);
        thread::sleep(SETTLE);
        assert_eq!(ring.try_result(reads), None);
        assert_eq!(write(&fifo, b"some"), Ok(4));
        assert_eq!(ring.result(reads), Ok(4));
        assert!(!ring.is_over(reads));
        device.unbind();
        let mut last = None;
        let ended = wait_until(HANG, || {
            last = ring.try_result(reads);
            ring.is_over(reads)
        });
        assert!(ended, "HANG: {last:?} with {flags:?}");
        assert_eq!(last, Some(Err(Errno::NODEV)), "{flags:?}");
    }
}
