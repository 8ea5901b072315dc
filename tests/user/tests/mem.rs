// SPDX-License-Identifier: GPL-2.0

//! testdev's memory node: a file position, its limits, and fdinfo.

use devscope_tests::{device::Device, testdev::MEM_SIZE};
use rustix::{
    fd::{AsRawFd, OwnedFd},
    fs::{seek, stat, SeekFrom},
    io::{pread, pwrite, read, write, Errno},
};
use std::fs;

const SIZE: u64 = MEM_SIZE as u64;

fn position(fd: &OwnedFd) -> u64 {
    seek(fd, SeekFrom::Current(0)).expect("lseek")
}

#[test]
fn mode_of_the_node() {
    let device = Device::get("testdev", 0);
    let node = stat(device.mem_node()).expect("stat");
    assert_eq!(node.st_mode, libc::S_IFCHR | 0o640);
}

#[test]
fn seek_from_everywhere() {
    let device = Device::get("testdev", 0);
    let fd = device.open_mem();
    assert_eq!(seek(&fd, SeekFrom::Start(100)), Ok(100));
    assert_eq!(seek(&fd, SeekFrom::Current(-30)), Ok(70));
    assert_eq!(seek(&fd, SeekFrom::Current(30)), Ok(100));
    assert_eq!(seek(&fd, SeekFrom::End(0)), Ok(SIZE));
    assert_eq!(seek(&fd, SeekFrom::End(-1)), Ok(SIZE - 1));
    assert_eq!(seek(&fd, SeekFrom::Start(0)), Ok(0));
    assert_eq!(seek(&fd, SeekFrom::Start(SIZE)), Ok(SIZE));
}

#[test]
fn seek_out_of_range_moves_nothing() {
    let device = Device::get("testdev", 0);
    let fd = device.open_mem();
    assert_eq!(seek(&fd, SeekFrom::Start(10)), Ok(10));
    for bad in [
        SeekFrom::Start(SIZE + 1),
        SeekFrom::Start(i64::MAX as u64),
        SeekFrom::Current(-11),
        SeekFrom::Current(SIZE as i64),
        SeekFrom::Current(i64::MAX),
        SeekFrom::Current(i64::MIN),
        SeekFrom::End(1),
        SeekFrom::End(-(SIZE as i64) - 1),
        SeekFrom::End(i64::MIN),
    ] {
        assert_eq!(seek(&fd, bad), Err(Errno::INVAL), "{bad:?}");
        assert_eq!(position(&fd), 10, "{bad:?}");
    }
}

#[test]
fn reads_and_writes_move_the_position() {
    let device = Device::get("testdev", 0);
    let fd = device.open_mem();
    assert_eq!(write(&fd, b"0123456789"), Ok(10));
    assert_eq!(position(&fd), 10);
    assert_eq!(seek(&fd, SeekFrom::Start(2)), Ok(2));
    let mut buffer = [0; 3];
    assert_eq!(read(&fd, &mut buffer), Ok(3));
    assert_eq!((&buffer, position(&fd)), (b"234", 5));
    // Each open file has its own position, and accesses the same memory.
    let other = device.open_mem();
    assert_eq!(read(&other, &mut buffer), Ok(3));
    assert_eq!((&buffer, position(&other)), (b"012", 3));
}

#[test]
fn pread_and_pwrite_leave_the_position() {
    let device = Device::get("testdev", 0);
    let fd = device.open_mem();
    assert_eq!(seek(&fd, SeekFrom::Start(7)), Ok(7));
    assert_eq!(pwrite(&fd, b"abcdef", 1000), Ok(6));
    let mut buffer = [0; 4];
    assert_eq!(pread(&fd, &mut buffer, 1002), Ok(4));
    assert_eq!((&buffer, position(&fd)), (b"cdef", 7));
}

#[test]
fn the_end() {
    let device = Device::get("testdev", 0);
    let fd = device.open_mem();
    let mut buffer = [0; 100];
    assert_eq!(pread(&fd, &mut buffer, SIZE - 10), Ok(10));
    assert_eq!(pread(&fd, &mut buffer, SIZE), Ok(0));
    assert_eq!(pread(&fd, &mut buffer, SIZE + 1), Ok(0));
    assert_eq!(pread(&fd, &mut buffer, i64::MAX as u64 - 100), Ok(0));
    assert_eq!(pwrite(&fd, &[1; 100], SIZE - 10), Ok(10));
    assert_eq!(pwrite(&fd, &[1; 100], SIZE), Err(Errno::NOSPC));
    let mut all = vec![0; MEM_SIZE + 1];
    assert_eq!(read(&fd, &mut all), Ok(MEM_SIZE));
    assert_eq!(position(&fd), SIZE);
    assert_eq!(read(&fd, &mut all), Ok(0));
}

fn fdinfo(fd: &OwnedFd) -> String {
    let path = format!("/proc/self/fdinfo/{}", fd.as_raw_fd());
    fs::read_to_string(path).expect("fdinfo")
}

#[test]
fn fdinfo_has_a_line_of_the_driver() {
    let device = Device::get("testdev", 0);
    let fd = device.open_mem();
    assert_eq!(seek(&fd, SeekFrom::Start(123)), Ok(123));
    let info = fdinfo(&fd);
    let line = info.lines().find(|l| l.starts_with("testdev-mem-pos:"));
    let line = line.unwrap_or_else(|| panic!("no line of the driver's in {info}"));
    assert!(line.ends_with("123"), "{line}");
}

#[test]
fn after_unbind() {
    let device = Device::get("testdev", 0);
    let fd = device.open_mem();
    assert_eq!(write(&fd, b"x"), Ok(1));
    device.unbind();
    assert_eq!(read(&fd, &mut [0; 4]), Err(Errno::NODEV));
    assert_eq!(write(&fd, b"x"), Err(Errno::NODEV));
    assert_eq!(pread(&fd, &mut [0; 4], 0), Err(Errno::NODEV));
    assert_eq!(pwrite(&fd, b"x", 0), Err(Errno::NODEV));
    assert_eq!(seek(&fd, SeekFrom::Start(0)), Err(Errno::NODEV));
    // The file is still a file: its fdinfo can be read, without the driver's line.
    assert!(!fdinfo(&fd).contains("testdev-mem-pos:"));
}
