// SPDX-License-Identifier: GPL-2.0

//! The edu sample: read, write, ioctl and poll of a bound device.

use devscope_tests::{
    device::Device,
    edu,
    events::{epoll_next, epoll_on, poll_for, poll_now},
    pages::{ioctl_number, Pages, PAGE},
    proc::calls,
    sleeper::Sleeper,
};
use rustix::{
    event::{epoll::EventFlags, PollFlags},
    fd::OwnedFd,
    fs::OFlags,
    io::{read, write, Errno},
    ioctl::opcode,
};
use std::{fs, path::Path, sync::Arc, time::Duration};

const SOON: Duration = Duration::from_secs(5);

fn open(device: &Device) -> OwnedFd {
    device.open(OFlags::RDWR)
}

fn open_nonblock(device: &Device) -> OwnedFd {
    device.open(OFlags::RDWR | OFlags::NONBLOCK)
}

fn put(fd: &OwnedFd, number: u32) {
    assert_eq!(write(fd, &number.to_ne_bytes()), Ok(4));
}

fn get(fd: &OwnedFd) -> Result<u32, Errno> {
    let mut bytes = [0; 4];
    read(fd, &mut bytes).map(|len| {
        assert_eq!(len, 4);
        u32::from_ne_bytes(bytes)
    })
}

/// Waits until the result is there, and takes it.
fn get_soon(fd: &OwnedFd) -> Result<u32, Errno> {
    assert_eq!(poll_for(fd, PollFlags::IN, SOON), PollFlags::IN);
    get(fd)
}

#[test]
fn the_class_entry_leads_to_the_pci_device() {
    let device = Device::get("edu", 0);
    let node = device.node();
    let name = node.file_name().unwrap();
    let link = Path::new("/sys/class/misc").join(name).join("device");
    let target = fs::canonicalize(link).expect("a link to the device");
    assert_eq!(target.file_name().unwrap(), device.addr());
}

#[test]
fn factorial() {
    let device = Device::get("edu", 0);
    let fd = open(&device);
    for (number, factorial) in [(5, 120), (0, 1), (1, 1), (12, 479_001_600)] {
        put(&fd, number);
        assert_eq!(get(&fd), Ok(factorial));
    }
}

#[test]
fn blocked_reader_wakes() {
    let device = Device::get("edu", 0);
    let fd = Arc::new(open(&device));
    let reader = fd.clone();
    let sleeper = Sleeper::asleep("a reader", calls::READ, move || get(&reader));
    put(&fd, 5);
    assert_eq!(sleeper.result(), Ok(120));
}

#[test]
fn each_open_file_gets_a_result_once() {
    let device = Device::get("edu", 0);
    let (one, two) = (open_nonblock(&device), open_nonblock(&device));
    put(&one, 6);
    assert_eq!(get_soon(&one), Ok(720));
    assert_eq!(get(&one), Err(Errno::AGAIN));
    assert_eq!(get_soon(&two), Ok(720));
    assert_eq!(get(&two), Err(Errno::AGAIN));
}

#[test]
fn nothing_to_read() {
    let device = Device::get("edu", 0);
    let fd = open_nonblock(&device);
    assert_eq!(get(&fd), Err(Errno::AGAIN));
    assert_eq!(
        poll_now(&fd, PollFlags::IN | PollFlags::OUT),
        PollFlags::OUT
    );
}

#[test]
fn short_buffer_keeps_the_result() {
    let device = Device::get("edu", 0);
    let fd = open_nonblock(&device);
    put(&fd, 4);
    assert_eq!(poll_for(&fd, PollFlags::IN, SOON), PollFlags::IN);
    assert_eq!(read(&fd, &mut [0; 3]), Err(Errno::INVAL));
    assert_eq!(get(&fd), Ok(24));
}

#[test]
fn long_buffer_gets_four_bytes() {
    let device = Device::get("edu", 0);
    let fd = open(&device);
    put(&fd, 4);
    let mut bytes = [0xff; 16];
    assert_eq!(read(&fd, &mut bytes), Ok(4));
    assert_eq!(bytes[..4], 24u32.to_ne_bytes());
    assert_eq!(bytes[4..], [0xff; 12]);
}

#[test]
fn write_takes_whole_numbers() {
    let device = Device::get("edu", 0);
    let fd = open_nonblock(&device);
    for wrong in [0, 1, 3, 5, 7] {
        assert_eq!(
            write(&fd, &[1; 8][..wrong]),
            Err(Errno::INVAL),
            "{wrong} bytes"
        );
    }
    assert_eq!(get(&fd), Err(Errno::AGAIN));
    assert_eq!(write(&fd, &[1; 8]), Ok(8));
}

#[test]
fn bad_pointers() {
    let device = Device::get("edu", 0);
    let fd = open_nonblock(&device);
    let wall = Pages::before_a_wall(1);
    assert_eq!(wall.write(&fd, PAGE, 4), Err(Errno::FAULT));
    assert_eq!(wall.ioctl(&fd, edu::IDENT, PAGE), Err(Errno::FAULT));
    assert_eq!(wall.ioctl(&fd, edu::ALIVE, PAGE), Err(Errno::FAULT));
    put(&fd, 3);
    assert_eq!(poll_for(&fd, PollFlags::IN, SOON), PollFlags::IN);
    assert_eq!(wall.read(&fd, PAGE, 4), Err(Errno::FAULT));
}

#[test]
fn ioctls() {
    let device = Device::get("edu", 0);
    let fd = open(&device);
    let ident = edu::ident(&fd).expect("EDU_IOC_IDENT");
    assert_eq!((ident.magic, ident.reserved), (0xed, 0));
    for pattern in [0, 1, 0x1234_5678, u32::MAX] {
        assert_eq!(edu::alive(&fd, pattern), Ok(!pattern));
    }
    for unknown in [opcode::none(0xed, 0x7f), opcode::none(b'T', 0x01)] {
        assert_eq!(ioctl_number(&fd, unknown, 0), Err(Errno::NOTTY));
    }
    // The right number and direction with the wrong size is another command.
    let wrong_size = opcode::read::<u64>(0xed, 0x00);
    assert_eq!(ioctl_number(&fd, wrong_size, 0), Err(Errno::NOTTY));
}

#[test]
fn poll_readiness() {
    let device = Device::get("edu", 0);
    let fd = open(&device);
    let both = PollFlags::IN | PollFlags::OUT;
    assert_eq!(poll_now(&fd, both), PollFlags::OUT);
    put(&fd, 5);
    assert_eq!(poll_for(&fd, PollFlags::IN, SOON), PollFlags::IN);
    assert_eq!(poll_now(&fd, both), both);
    assert_eq!(get(&fd), Ok(120));
    assert_eq!(poll_now(&fd, both), PollFlags::OUT);
}

#[test]
fn epoll_readiness() {
    let device = Device::get("edu", 0);
    let fd = Arc::new(open(&device));
    for edge in [EventFlags::empty(), EventFlags::ET] {
        let epoll = epoll_on(&fd, EventFlags::IN | edge);
        let sleeper = Sleeper::asleep("epoll_wait", calls::EPOLL, move || epoll_next(epoll, SOON));
        put(&fd, 5);
        assert_eq!(sleeper.result(), EventFlags::IN);
        assert_eq!(get(&fd), Ok(120));
    }
}

#[test]
fn two_devices_are_independent() {
    let (one, two) = (Device::get("edu", 0), Device::get("edu", 1));
    let (fd_one, fd_two) = (open_nonblock(&one), open_nonblock(&two));
    put(&fd_one, 5);
    assert_eq!(get_soon(&fd_one), Ok(120));
    assert_eq!(get(&fd_two), Err(Errno::AGAIN));

    one.unbind();
    assert_eq!(get(&fd_one), Err(Errno::NODEV));
    put(&fd_two, 6);
    assert_eq!(get_soon(&fd_two), Ok(720));
    assert_eq!(edu::alive(&fd_two, 7), Ok(!7));
}
