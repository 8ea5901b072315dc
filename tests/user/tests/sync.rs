// SPDX-License-Identifier: GPL-2.0

//! `fsync()`, synchronous writes, and the result of `close()`.

use devscope_tests::{
    child::{Child, End},
    device::{self, Device},
    sleeper::Sleeper,
    UNBIND_LIMIT,
};
use libc::{c_int, c_long};
use rustix::{
    fd::{AsRawFd, IntoRawFd, OwnedFd},
    fs::{fdatasync, fsync, OFlags},
    io::{dup, pwrite, read, write, Errno},
};
use std::fs;

/// `O_DSYNC`; rustix takes it for `O_SYNC`.
const DSYNC: OFlags = OFlags::from_bits_retain(libc::O_DSYNC as u32);

const FSYNC: &[c_long] = &[libc::SYS_fsync];

/// A line of the driver in fdinfo.
fn line(fd: &OwnedFd, name: &str) -> String {
    let path = format!("/proc/self/fdinfo/{}", fd.as_raw_fd());
    let info = fs::read_to_string(path).expect("fdinfo");
    let mut lines = info.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.expect("a line of the driver's").trim().to_owned()
}

/// How often the file was synced, and the last sync: from, to, and whether for the data only.
fn syncs(fd: &OwnedFd) -> String {
    line(fd, "testdev-mem-syncs")
}

fn flushes(fd: &OwnedFd) -> String {
    line(fd, "testdev-mem-flushes")
}

/// The memory node, in a state in which syncs succeed.
fn memory(device: &Device, flags: OFlags) -> OwnedFd {
    let fd = device::open(&device.mem_node(), OFlags::RDWR | flags).expect("the memory node");
    assert_eq!(pwrite(&fd, &[0], 0), Ok(1));
    fd
}

fn close(fd: OwnedFd) -> c_int {
    // SAFETY: `into_raw_fd()` has passed the ownership of the descriptor.
    unsafe { libc::close(fd.into_raw_fd()) }
}

#[test]
fn all_of_a_file() {
    let device = Device::get("testdev", 0);
    let fd = memory(&device, OFlags::empty());
    assert_eq!(syncs(&fd), "0 0 0 0");
    assert_eq!(fsync(&fd), Ok(()));
    assert_eq!(syncs(&fd), format!("1 0 {} 0", i64::MAX));
    assert_eq!(fdatasync(&fd), Ok(()));
    assert_eq!(syncs(&fd), format!("2 0 {} 1", i64::MAX));
}

#[test]
fn a_write_that_asks_for_it() {
    let device = Device::get("testdev", 0);
    for (flags, datasync) in [(OFlags::SYNC, 0), (DSYNC, 1)] {
        let fd = memory(&device, flags);
        assert_eq!(syncs(&fd), format!("1 0 0 {datasync}"));
        assert_eq!(pwrite(&fd, b"some", 100), Ok(4));
        assert_eq!(syncs(&fd), format!("2 100 103 {datasync}"));
        // Nothing was written.
        assert_eq!(pwrite(&fd, b"", 100), Ok(0));
        assert_eq!(syncs(&fd), format!("2 100 103 {datasync}"));
    }
}

#[test]
fn what_fails_is_told() {
    let device = Device::get("testdev", 0);
    let fd = memory(&device, OFlags::empty());
    let synced = memory(&device, DSYNC);
    assert_eq!(pwrite(&fd, &[0xff], 0), Ok(1));
    assert_eq!(fsync(&fd), Err(Errno::IO));
    assert_eq!(pwrite(&synced, b"some", 100), Err(Errno::IO));
    let copy = dup(&fd).expect("dup");
    assert_eq!(close(copy), -1);
    let error = std::io::Error::last_os_error();
    assert_eq!(error.raw_os_error(), Some(libc::EIO));
    assert_eq!(pwrite(&fd, &[0], 0), Ok(1));
    assert_eq!((close(fd), close(synced)), (0, 0));
}

#[test]
fn each_close_of_a_descriptor() {
    let device = Device::get("testdev", 0);
    let fd = memory(&device, OFlags::empty());
    assert_eq!(flushes(&fd), "0");
    assert_eq!(close(dup(&fd).expect("dup")), 0);
    assert_eq!(flushes(&fd), "1");
    // A process that exits closes its files after it has freed its descriptor table.
    assert_eq!(Child::fork(|| 0).wait(), End::Exit(0));
    assert_eq!(flushes(&fd), "2");
}

#[test]
fn who_has_no_method() {
    let device = Device::get("edu", 0);
    let fd = device.open(OFlags::RDWR);
    assert_eq!(fsync(&fd), Err(Errno::INVAL));
    assert_eq!(close(fd), 0);
}

#[test]
fn asleep_until_it_is_done() {
    let device = Device::get("testdev", 0);
    let fifo = device.open_empty();
    assert_eq!(write(&fifo, b"some"), Ok(4));
    assert_eq!(fsync(&fifo), Err(Errno::AGAIN));
    let fd = device.open(OFlags::RDWR);
    let sleeper = Sleeper::asleep("fsync", FSYNC, move || fsync(fd));
    assert_eq!(read(&fifo, &mut [0; 4]), Ok(4));
    assert_eq!(sleeper.result(), Ok(()));

    assert_eq!(write(&fifo, b"some"), Ok(4));
    let fd = device.open(OFlags::RDWR);
    let sleeper = Sleeper::asleep("fsync", FSYNC, move || fsync(fd));
    device.unbind();
    assert_eq!(sleeper.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
}

#[test]
fn after_unbind() {
    let device = Device::get("testdev", 0);
    let fd = memory(&device, OFlags::empty());
    assert_eq!(pwrite(&fd, &[0xff], 0), Ok(1));
    device.unbind();
    assert_eq!(fsync(&fd), Err(Errno::NODEV));
    assert_eq!(fdatasync(&fd), Err(Errno::NODEV));
    assert_eq!(close(fd), 0);
}
