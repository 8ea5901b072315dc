// SPDX-License-Identifier: GPL-2.0

//! `compat_ioctl`: the calls of 32-bit programs, by `int 0x80` from this 64-bit one.

use devscope_tests::{
    compat,
    device::Device,
    edu,
    pages::{ioctl_number, Pages},
    testdev,
};
use rustix::{
    fd::OwnedFd,
    fs::OFlags,
    io::{Errno, Result},
    ioctl::{opcode, Opcode},
};

/// The 32-bit `ioctl()` with an argument at the start of `page`, or none.
fn ioctl_32(fd: &OwnedFd, number: Opcode, page: Option<&Pages>) -> Result<usize> {
    let argument = page.map_or(0, |page| u32::try_from(page.addr()).expect("a low page"));
    // SAFETY: The argument is a page to which no reference exists, or null.
    unsafe { compat::ioctl(fd, number, argument) }
}

#[test]
fn long_has_four_bytes() {
    let device = Device::get("testdev", 0);
    let fd = device.open(OFlags::RDWR);
    assert_eq!(ioctl_32(&fd, testdev::LONG, None), Ok(4));
    assert_eq!(ioctl_number(&fd, testdev::LONG, 0), Ok(8));
}

#[test]
fn buffers() {
    let device = Device::get("testdev", 0);
    let fd = device.open(OFlags::RDWR);
    let page = Pages::low(1);
    let data: [u8; 64] = std::array::from_fn(|i| i as u8);
    page.set(0, &data);
    assert_eq!(ioctl_32(&fd, testdev::ECHO, Some(&page)), Ok(0));
    assert_eq!(page.get(0, 64), data.map(|byte| !byte));
    assert_eq!(ioctl_32(&fd, testdev::ECHO, None), Err(Errno::FAULT));
}

#[test]
fn edu_sample() {
    let device = Device::get("edu", 0);
    let fd = device.open(OFlags::RDWR);
    let page = Pages::low(1);
    page.set(0, &0x1234_5678u32.to_ne_bytes());
    assert_eq!(ioctl_32(&fd, edu::ALIVE, Some(&page)), Ok(0));
    assert_eq!(page.get(0, 4), (!0x1234_5678u32).to_ne_bytes());
    assert_eq!(ioctl_32(&fd, edu::IDENT, Some(&page)), Ok(0));
    assert_eq!(page.get(0, 1), [0xed]);
}

#[test]
fn errors() {
    let device = Device::get("testdev", 0);
    let fd = device.open(OFlags::RDWR);
    let unknown = opcode::none(0xde, 0x7f);
    assert_eq!(ioctl_32(&fd, unknown, None), Err(Errno::NOTTY));
    device.unbind();
    assert_eq!(ioctl_32(&fd, testdev::LONG, None), Err(Errno::NODEV));
    assert_eq!(ioctl_32(&fd, unknown, None), Err(Errno::NODEV));
}
