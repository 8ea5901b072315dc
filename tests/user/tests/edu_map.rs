// SPDX-License-Identifier: GPL-2.0

//! The edu sample: the buffer of the DMA engine, mapped.

use devscope_tests::{
    child::{Child, End},
    device::Device,
    edu::{fetch, Buffer, Range, RAM_SIZE},
    mapped::{Mapped, BOTH},
};
use rustix::{
    fd::OwnedFd,
    fs::OFlags,
    io::{pwrite, Errno},
    mm::MapFlags,
};

fn open(device: &Device) -> OwnedFd {
    device.open_ram(OFlags::RDWR)
}

#[test]
fn results_are_read_out_of_the_buffer() {
    let device = Device::get("edu", 0);
    let fd = open(&device);
    let buffer = Buffer::map(&fd).expect("mmap");
    let all: Vec<u8> = (0..RAM_SIZE).map(|i| (i * 7 + 3) as u8).collect();
    assert_eq!(pwrite(&fd, &all, 0), Ok(RAM_SIZE));
    for (offset, length) in [(0, RAM_SIZE), (0, 1), (1000, 500), (RAM_SIZE - 1, 1)] {
        let range = Range {
            offset: offset as u32,
            length: length as u32,
        };
        assert_eq!(fetch(&fd, range), Ok(()));
        let mut bytes = vec![0; length];
        buffer.copy(&mut bytes);
        assert!(bytes == all[offset..offset + length], "{range:?}");
    }
}

#[test]
fn what_cannot_be_fetched() {
    let device = Device::get("edu", 0);
    let fd = open(&device);
    let size = RAM_SIZE as u32;
    for (offset, length) in [
        (0, 0),
        (0, size + 1),
        (size, 1),
        (1, size),
        (u32::MAX, u32::MAX),
    ] {
        assert_eq!(fetch(&fd, Range { offset, length }), Err(Errno::INVAL));
    }
    // Only the device writes to it, and it has one page.
    let written = Mapped::with(&fd, 0, 1, BOTH, MapFlags::SHARED).map(drop);
    assert_eq!(written, Err(Errno::ACCESS));
    assert_eq!(Mapped::of(&fd, 1, 1).map(drop), Err(Errno::INVAL));
    let results = device.open(OFlags::RDWR);
    assert_eq!(Buffer::map(&results).map(drop), Err(Errno::NODEV));
}

#[test]
fn unplugged() {
    let device = Device::get("edu", 0);
    let fd = open(&device);
    let buffer = Buffer::map(&fd).expect("mmap");
    let mut byte = [0];
    buffer.copy(&mut byte);
    device.unbind();
    let touch = || {
        buffer.copy(&mut [0]);
        0
    };
    assert_eq!(Child::fork(touch).wait(), End::Signal(libc::SIGBUS));
    let range = Range {
        offset: 0,
        length: 1,
    };
    assert_eq!(fetch(&fd, range), Err(Errno::NODEV));
}
