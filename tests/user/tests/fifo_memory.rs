// SPDX-License-Identifier: GPL-2.0

//! Buffers that are absent, read-only, or inaccessible.

use devscope_tests::{
    device::Device,
    pages::{Pages, PAGE},
    testdev::{self, RANGE_MAX},
};
use rustix::{
    io::{read, write, Errno},
    mm::MprotectFlags,
};

#[test]
fn forbidden_buffer() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    let wall = Pages::before_a_wall(1);
    assert_eq!(wall.write(&fd, PAGE, 10), Err(Errno::FAULT));
    assert_eq!(
        read(&fd, &mut [0; 10]),
        Err(Errno::AGAIN),
        "nothing went in"
    );
    assert_eq!(write(&fd, b"0123456789"), Ok(10));
    assert_eq!(wall.read(&fd, PAGE, 10), Err(Errno::FAULT));
    assert_eq!(read(&fd, &mut [0; 20]), Ok(10), "nothing is lost");
}

/// A buffer of two parts, of which only the first is accessible. Calls return the number of bytes
/// that were copied, and the other bytes are not lost.
fn assert_half_bad(parts: &[(usize, usize)]) {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    let wall = Pages::before_a_wall(1);
    assert_eq!(wall.writev(&fd, parts), Err(Errno::FAULT));
    assert_eq!(
        read(&fd, &mut [0; 20]),
        Err(Errno::AGAIN),
        "nothing went in"
    );

    let data: [u8; 20] = std::array::from_fn(|i| i as u8);
    assert_eq!(write(&fd, &data), Ok(20));
    assert_eq!(wall.readv(&fd, parts), Ok(10));
    assert_eq!(wall.get(parts[0].0, 10), data[..10]);
    let mut rest = [0; 20];
    assert_eq!(read(&fd, &mut rest), Ok(10));
    assert_eq!(rest[..10], data[10..]);
}

#[test]
fn buffer_that_runs_into_a_wall() {
    assert_half_bad(&[(PAGE - 10, 20)]);
}

#[test]
fn second_segment_is_bad() {
    assert_half_bad(&[(0, 10), (PAGE, 10)]);
}

#[test]
fn read_only_destination() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    let pages = Pages::fresh(1);
    pages.set(0, b"unchanged");
    pages.protect(0, MprotectFlags::READ);
    assert_eq!(pages.write(&fd, 0, 9), Ok(9), "as a source it will do");
    assert_eq!(pages.read(&fd, 0, 9), Err(Errno::FAULT));
    assert_eq!(pages.fill(&fd, 0, 9), Err(Errno::FAULT));
    assert_eq!(pages.ioctl(&fd, testdev::ECHO, 0), Err(Errno::FAULT));
    assert_eq!(pages.ioctl(&fd, testdev::STATS, 0), Err(Errno::FAULT));
    assert_eq!(pages.get(0, 9), b"unchanged");
}

#[test]
fn absent_pages_become_present() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    // The source reads as zeros, and the buffers cross into pages that are not present.
    assert_eq!(Pages::fresh(2).write(&fd, PAGE - 100, 200), Ok(200));
    let target = Pages::fresh(2);
    assert_eq!(target.read(&fd, PAGE - 100, 300), Ok(200));
    assert_eq!(target.get(PAGE - 100, 200), [0; 200]);
}

#[test]
fn fill_of_absent_pages() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    let pages = Pages::fresh(RANGE_MAX / PAGE);
    for (offset, len) in [(0, RANGE_MAX), (1, 3 * PAGE), (0, 0)] {
        assert_eq!(
            pages.fill(&fd, offset, len),
            Ok(()),
            "{len} bytes at {offset}"
        );
        let got = pages.get(offset, len);
        let wrong = (0..len).find(|&i| got[i] != i as u8);
        assert_eq!(wrong, None, "the first wrong byte of {len} at {offset}");
    }
}

#[test]
fn sum_of_present_and_absent_pages() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    let pages = Pages::fresh(RANGE_MAX / PAGE);
    assert_eq!(pages.sum(&fd, 0, RANGE_MAX), Ok(0));
    assert_eq!(pages.fill(&fd, 0, RANGE_MAX), Ok(()));
    let per_256: u64 = (0..256).sum();
    assert_eq!(
        pages.sum(&fd, 0, RANGE_MAX),
        Ok(per_256 * (RANGE_MAX as u64 / 256))
    );
    assert_eq!(pages.sum(&fd, 255, 2), Ok(255));
    assert_eq!(pages.sum(&fd, 0, 0), Ok(0));
}

#[test]
fn ranges_that_are_too_long_or_bad() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    let long = Pages::fresh(RANGE_MAX / PAGE + 1);
    assert_eq!(long.fill(&fd, 0, RANGE_MAX + 1), Err(Errno::INVAL));
    assert_eq!(long.sum(&fd, 0, RANGE_MAX + 1), Err(Errno::INVAL));
    let wall = Pages::before_a_wall(4);
    assert_eq!(wall.fill(&fd, 0, 5 * PAGE), Err(Errno::FAULT));
    assert_eq!(wall.sum(&fd, 0, 5 * PAGE), Err(Errno::FAULT));
}
