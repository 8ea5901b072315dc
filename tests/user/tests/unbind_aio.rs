// SPDX-License-Identifier: GPL-2.0

//! Polls of Linux AIO, which accept one wait queue only, while their device is unbound.

use devscope_tests::{aio::Aio, device::Device, events::GONE};
use rustix::{event::PollFlags, fs::OFlags, io::write};
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(10);

#[test]
fn poll_ends_with_an_event() {
    let device = Device::get("testdev", 0);
    let fifo = device.open_empty();
    let aio = Aio::new();
    assert_eq!(aio.poll(&fifo, PollFlags::IN), Ok(()));
    assert_eq!(aio.result(SHORT), None);
    assert_eq!(write(&fifo, b"some"), Ok(4));
    let ready = aio.result(LONG).expect("an event");
    assert!(ready.contains(PollFlags::IN), "{ready:?}");
}

#[test]
fn poll_ends_at_unbind() {
    for driver in ["edu", "testdev"] {
        let device = Device::get(driver, 0);
        if driver == "testdev" {
            device.open_empty();
        }
        let fd = device.open(OFlags::RDWR);
        let aio = Aio::new();
        assert_eq!(aio.poll(&fd, PollFlags::IN), Ok(()), "{driver}");
        assert_eq!(aio.result(SHORT), None, "{driver}");
        device.unbind();
        assert_eq!(aio.result(LONG), Some(GONE), "{driver}");
    }
}

#[test]
fn poll_after_unbind() {
    let device = Device::get("edu", 0);
    let fd = device.open(OFlags::RDWR);
    device.unbind();
    let aio = Aio::new();
    assert_eq!(aio.poll(&fd, PollFlags::IN), Ok(()));
    assert_eq!(aio.result(LONG), Some(GONE));
}
