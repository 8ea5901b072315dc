// SPDX-License-Identifier: GPL-2.0

//! `splice()`, `tee()` and `sendfile()` from and to nodes, and unbind during them.

use devscope_tests::{device::Device, sleeper::Sleeper, testdev::FIFO_SIZE, UNBIND_LIMIT};
use libc::c_long;
use rustix::{
    fd::{AsFd, OwnedFd},
    fs::{memfd_create, seek, sendfile, MemfdFlags, OFlags, SeekFrom},
    io::{pread, pwrite, read, write, Errno},
    pipe::{pipe, splice, tee, SpliceFlags},
};

const SPLICE: &[c_long] = &[libc::SYS_splice];
const SENDFILE: &[c_long] = &[libc::SYS_sendfile];

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7) as u8).collect()
}

/// `splice()` without positions.
fn stream(from: impl AsFd, to: impl AsFd, len: usize) -> Result<usize, Errno> {
    splice(from, None, to, None, len, SpliceFlags::empty())
}

/// Reads at most 4096 bytes of `fd`.
fn rest(fd: impl AsFd) -> Vec<u8> {
    let mut buffer = vec![0; FIFO_SIZE];
    let len = read(fd, &mut buffer).expect("read");
    buffer.truncate(len);
    buffer
}

/// A full FIFO, and a blocking descriptor of it.
fn full(device: &Device) -> (OwnedFd, OwnedFd) {
    let fifo = device.open_empty();
    assert_eq!(write(&fifo, &bytes(FIFO_SIZE)), Ok(FIFO_SIZE));
    (fifo, device.open(OFlags::RDWR))
}

#[test]
fn through_a_pipe() {
    let device = Device::get("testdev", 0);
    let fifo = device.open_empty();
    let (output, input) = pipe().expect("a pipe");
    let data = bytes(FIFO_SIZE);
    assert_eq!(write(&fifo, &data), Ok(FIFO_SIZE));
    // First a part of the data, and then the rest.
    assert_eq!(stream(&fifo, &input, 1000), Ok(1000));
    assert_eq!(stream(&fifo, &input, 1 << 20), Ok(FIFO_SIZE - 1000));
    assert_eq!(stream(&fifo, &input, 1), Err(Errno::AGAIN));
    // The other way round, in pieces of other sizes.
    assert_eq!(stream(&output, &fifo, 900), Ok(900));
    assert_eq!(stream(&output, &fifo, 1 << 20), Ok(FIFO_SIZE - 900));
    assert_eq!(rest(&fifo), data);
}

#[test]
fn tee_on_the_way() {
    let device = Device::get("testdev", 0);
    let fifo = device.open_empty();
    let (output, input) = pipe().expect("a pipe");
    let (copy, copy_input) = pipe().expect("a pipe");
    assert_eq!(write(&fifo, b"some data"), Ok(9));
    assert_eq!(stream(&fifo, &input, 9), Ok(9));
    assert_eq!(tee(&output, &copy_input, 9, SpliceFlags::empty()), Ok(9));
    assert_eq!(stream(&output, &fifo, 9), Ok(9));
    // The pipe and the device have copies in separate pages.
    assert_eq!(rest(&fifo), b"some data");
    assert_eq!(rest(&copy), b"some data");
}

#[test]
fn what_does_not_fit_stays_in_the_pipe() {
    let device = Device::get("testdev", 0);
    let (fifo, fd) = full(&device);
    assert_eq!(read(&fifo, &mut [0; 3]), Ok(3));
    let (output, input) = pipe().expect("a pipe");
    assert_eq!(write(&input, b"12345"), Ok(5));
    assert_eq!(stream(&output, &fifo, 5), Ok(3));
    assert_eq!(stream(&output, &fifo, 5), Err(Errno::AGAIN));
    assert_eq!(rest(&output), b"45");
    drop(fd);
}

#[test]
fn positions() {
    let device = Device::get("testdev", 0);
    let memory = device.open_mem();
    let (output, input) = pipe().expect("a pipe");
    assert_eq!(pwrite(&memory, b"0123456789", 100), Ok(10));
    let mut from = 102;
    let flags = SpliceFlags::empty();
    assert_eq!(
        splice(&memory, Some(&mut from), &input, None, 6, flags),
        Ok(6)
    );
    assert_eq!((from, seek(&memory, SeekFrom::Current(0))), (108, Ok(0)));
    assert_eq!(seek(&memory, SeekFrom::Start(200)), Ok(200));
    assert_eq!(stream(&output, &memory, 2), Ok(2));
    let mut to = 300;
    assert_eq!(
        splice(&output, None, &memory, Some(&mut to), 4, flags),
        Ok(4)
    );
    assert_eq!((to, seek(&memory, SeekFrom::Current(0))), (304, Ok(202)));
    let mut buffer = [0; 6];
    assert_eq!(pread(&memory, &mut buffer[..2], 200), Ok(2));
    assert_eq!(pread(&memory, &mut buffer[2..], 300), Ok(4));
    assert_eq!(&buffer, b"234567");
    // A stream has no position.
    let fifo = device.open_empty();
    let at = Some(&mut 0);
    assert_eq!(splice(&fifo, at, &input, None, 1, flags), Err(Errno::INVAL));
}

#[test]
fn from_node_to_node() {
    let device = Device::get("testdev", 0);
    let (memory, fifo) = (device.open_mem(), device.open_empty());
    assert_eq!(pwrite(&memory, b"0123456789", 0), Ok(10));
    let mut from = 3;
    assert_eq!(sendfile(&fifo, &memory, Some(&mut from), 4), Ok(4));
    assert_eq!((from, rest(&fifo)), (7, b"3456".to_vec()));

    let file = memfd_create("data", MemfdFlags::CLOEXEC).expect("memfd_create");
    assert_eq!(write(&file, b"abcdef"), Ok(6));
    assert_eq!(seek(&memory, SeekFrom::Start(50)), Ok(50));
    assert_eq!(sendfile(&memory, &file, Some(&mut 1), 5), Ok(5));
    let mut buffer = [0; 5];
    assert_eq!(pread(&memory, &mut buffer, 50), Ok(5));
    assert_eq!(&buffer, b"bcdef");
    // Data of a stream cannot be put back.
    assert_eq!(sendfile(&memory, &fifo, None, 4), Err(Errno::INVAL));
}

#[test]
fn asleep_at_unbind() {
    let device = Device::get("testdev", 0);
    let _fifo = device.open_empty();
    let fd = device.open(OFlags::RDWR);
    let (_output, input) = pipe().expect("a pipe");
    let out = Sleeper::asleep("splice from the node", SPLICE, move || {
        stream(fd, input, 10)
    });
    device.unbind();
    assert_eq!(out.result_within(UNBIND_LIMIT), Err(Errno::NODEV));

    device.bind();
    let (_fifo, fd) = full(&device);
    let (output, input) = pipe().expect("a pipe");
    assert_eq!(write(&input, b"12345"), Ok(5));
    let to = Sleeper::asleep("splice to the node", SPLICE, move || stream(output, fd, 5));
    device.unbind();
    assert_eq!(to.result_within(UNBIND_LIMIT), Err(Errno::NODEV));

    device.bind();
    let ((_fifo, fd), memory) = (full(&device), device.open_mem());
    let send = Sleeper::asleep("sendfile", SENDFILE, move || {
        sendfile(fd, memory, Some(&mut 0), 10)
    });
    device.unbind();
    assert_eq!(send.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
}

#[test]
fn after_unbind() {
    let device = Device::get("testdev", 0);
    let (fifo, memory) = (device.open_empty(), device.open_mem());
    let (output, input) = pipe().expect("a pipe");
    assert_eq!(write(&input, b"12345"), Ok(5));
    device.unbind();
    for fd in [&fifo, &memory] {
        assert_eq!(stream(fd, &input, 5), Err(Errno::NODEV));
        assert_eq!(stream(&output, fd, 5), Err(Errno::NODEV));
    }
    assert_eq!(sendfile(&input, &memory, None, 5), Err(Errno::NODEV));
    assert_eq!(rest(&output), b"12345");
}
