// SPDX-License-Identifier: GPL-2.0

//! `RWF_NOWAIT`: a nonblocking call on a file whose other calls block.

use devscope_tests::{
    device::Device,
    pages::{Pages, PAGE},
    sleeper::Sleeper,
    testdev::FIFO_SIZE,
    uffd::Uffd,
    UNBIND_LIMIT,
};
use libc::{c_int, c_void, iovec, off_t};
use rustix::{
    fd::{AsFd, AsRawFd, OwnedFd},
    fs::OFlags,
    io::{write, Errno},
};

/// A `preadv2()` or `pwritev2()` without a position, of the bytes at `offset` in `pages`.
fn nowait(
    call: unsafe extern "C" fn(c_int, *const iovec, c_int, off_t, c_int) -> isize,
    fd: impl AsFd,
    (pages, offset, len): (&Pages, usize, usize),
) -> Result<usize, Errno> {
    let part = iovec {
        iov_base: (pages.addr() + offset) as *mut c_void,
        iov_len: len,
    };
    let fd = fd.as_fd().as_raw_fd();
    // SAFETY: No reference to the pages exists, and the kernel checks the address.
    let count = unsafe { call(fd, &part, 1, -1, libc::RWF_NOWAIT) };
    usize::try_from(count)
        .map_err(|_| Errno::from_io_error(&std::io::Error::last_os_error()).expect("an error"))
}

fn read_now(fd: impl AsFd, pages: &Pages, len: usize) -> Result<usize, Errno> {
    nowait(libc::preadv2, fd, (pages, 0, len))
}

fn write_now(fd: impl AsFd, pages: &Pages, len: usize) -> Result<usize, Errno> {
    nowait(libc::pwritev2, fd, (pages, 0, len))
}

/// A blocking descriptor of an empty FIFO.
fn blocking(device: &Device) -> OwnedFd {
    device.open_empty();
    device.open(OFlags::RDWR)
}

#[test]
fn what_would_wait_does_not() {
    let device = Device::get("testdev", 0);
    let fd = blocking(&device);
    let pages = Pages::fresh(2);
    assert_eq!(read_now(&fd, &pages, 10), Err(Errno::AGAIN));
    pages.set(0, b"some");
    assert_eq!(write_now(&fd, &pages, 4), Ok(4));
    // It returns the available data, although less than asked for, also into an absent page.
    let other = Pages::fresh(1);
    assert_eq!(read_now(&fd, &other, 10), Ok(4));
    assert_eq!(other.get(0, 4), b"some");
    assert_eq!(write_now(&fd, &pages, FIFO_SIZE + 1), Ok(FIFO_SIZE));
    assert_eq!(write_now(&fd, &pages, 1), Err(Errno::AGAIN));
}

#[test]
fn a_driver_says_whether_it_can() {
    let device = Device::get("edu", 0);
    let pages = Pages::fresh(1);
    let results = device.open(OFlags::RDWR);
    assert_eq!(read_now(&results, &pages, 4), Err(Errno::AGAIN));
    // This driver would have to wait for the end of its transfer.
    let ram = device.open_ram(OFlags::RDWR);
    assert_eq!(read_now(&ram, &pages, 4), Err(Errno::OPNOTSUPP));
    assert_eq!(write_now(&ram, &pages, 4), Err(Errno::OPNOTSUPP));
}

#[test]
fn a_page_that_is_not_there_holds_nobody_up() {
    let device = Device::get("testdev", 0);
    let fd = blocking(&device);
    assert_eq!(write(&fd, b"some"), Ok(4));
    let (pages, uffd) = Uffd::unserved(1);
    let stuck = Sleeper::start("a stuck caller", move || read_now(fd, &pages, PAGE));
    uffd.wait_stuck();
    device.unbind();
    drop(uffd);
    assert_eq!(stuck.result_within(UNBIND_LIMIT), Ok(4));
}

#[test]
fn after_unbind() {
    let device = Device::get("testdev", 0);
    let fd = blocking(&device);
    device.unbind();
    let pages = Pages::fresh(1);
    assert_eq!(read_now(&fd, &pages, 4), Err(Errno::NODEV));
    assert_eq!(write_now(&fd, &pages, 4), Err(Errno::NODEV));
}
