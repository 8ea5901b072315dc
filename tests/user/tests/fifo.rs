// SPDX-License-Identifier: GPL-2.0

//! testdev's FIFO: reads and writes of all shapes on a bound device.

use devscope_tests::{
    device::Device,
    events::poll_now,
    pages::{ioctl_number, Pages},
    proc::calls,
    sleeper::Sleeper,
    testdev::{self, FIFO_SIZE},
};
use rustix::{
    event::PollFlags,
    fs::{seek, OFlags, SeekFrom},
    io::{pread, pwrite, read, write, Errno},
    ioctl::opcode,
};
use std::sync::Arc;

fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7) as u8).collect()
}

#[test]
fn what_goes_in_comes_out() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    assert_eq!(write(&fd, b"hello world"), Ok(11));
    let mut buffer = [0; 64];
    assert_eq!(read(&fd, &mut buffer[..5]), Ok(5));
    assert_eq!(&buffer[..5], b"hello");
    assert_eq!(read(&fd, &mut buffer), Ok(6));
    assert_eq!(&buffer[..6], b" world");
    assert_eq!(read(&fd, &mut buffer), Err(Errno::AGAIN));
}

#[test]
fn all_openers_share_it() {
    let device = Device::get("testdev", 0);
    let (one, two) = (device.open_empty(), device.open_empty());
    assert_eq!(write(&one, b"x"), Ok(1));
    assert_eq!(read(&two, &mut [0; 2]), Ok(1));
    assert_eq!(read(&one, &mut [0; 2]), Err(Errno::AGAIN));
}

#[test]
fn two_devices_are_independent() {
    let (one, two) = (Device::get("testdev", 0), Device::get("testdev", 1));
    let (fd_one, fd_two) = (one.open_empty(), two.open_empty());
    assert_eq!(write(&fd_one, b"x"), Ok(1));
    assert_eq!(read(&fd_two, &mut [0; 2]), Err(Errno::AGAIN));
    assert_eq!(read(&fd_one, &mut [0; 2]), Ok(1));
}

#[test]
fn full_and_empty() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    let both = PollFlags::IN | PollFlags::OUT;
    assert_eq!(poll_now(&fd, both), PollFlags::OUT);

    let data = bytes(FIFO_SIZE + 100);
    assert_eq!(write(&fd, &data[..1]), Ok(1));
    assert_eq!(poll_now(&fd, both), both);
    assert_eq!(write(&fd, &data[1..]), Ok(FIFO_SIZE - 1), "what fits");
    assert_eq!(poll_now(&fd, both), PollFlags::IN);
    assert_eq!(write(&fd, b"x"), Err(Errno::AGAIN));

    let mut buffer = vec![0; FIFO_SIZE + 100];
    assert_eq!(read(&fd, &mut buffer), Ok(FIFO_SIZE));
    assert_eq!(buffer[..FIFO_SIZE], data[..FIFO_SIZE]);
    assert_eq!(poll_now(&fd, both), PollFlags::OUT);
    assert_eq!(read(&fd, &mut buffer), Err(Errno::AGAIN));
}

#[test]
fn nothing_of_nothing() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    assert_eq!(write(&fd, &[]), Ok(0));
    assert_eq!(write(&fd, b"x"), Ok(1));
    assert_eq!(read(&fd, &mut [0u8; 0]), Ok(0));
    assert_eq!(read(&fd, &mut [0; 2]), Ok(1));
}

#[test]
fn it_wraps_around() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    let data = bytes(3000);
    for _ in 0..20 {
        assert_eq!(write(&fd, &data), Ok(3000));
        let mut buffer = [0; 3000];
        assert_eq!(read(&fd, &mut buffer), Ok(3000));
        assert_eq!(buffer[..], data);
    }
}

#[test]
fn many_small_iovecs() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    let (source, target) = (Pages::fresh(1), Pages::fresh(1));
    let data = bytes(3 * 100);
    source.set(0, &data);
    let parts: Vec<(usize, usize)> = (0..100).map(|i| (i * 3, 3)).collect();
    assert_eq!(source.writev(&fd, &parts), Ok(300));
    // Backwards, one byte each, with empty parts between: the order is that of the parts.
    let parts: Vec<_> = (0..300).rev().flat_map(|i| [(i, 1), (i, 0)]).collect();
    assert_eq!(target.readv(&fd, &parts), Ok(300));
    let backwards: Vec<u8> = data.into_iter().rev().collect();
    assert_eq!(target.get(0, 300), backwards);
}

#[test]
fn blocked_reader_gets_what_comes() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    let reader = device.open(OFlags::RDONLY);
    let sleeper = Sleeper::asleep("a reader", calls::READ, move || {
        let mut buffer = [0; 100];
        read(reader, &mut buffer).map(|len| buffer[..len].to_vec())
    });
    assert_eq!(write(&fd, b"some"), Ok(4));
    assert_eq!(sleeper.result(), Ok(b"some".to_vec()));
}

#[test]
fn blocked_writer_waits_for_space() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    assert_eq!(write(&fd, &bytes(FIFO_SIZE)), Ok(FIFO_SIZE));
    let writer = device.open(OFlags::WRONLY);
    let sleeper = Sleeper::asleep("a writer", calls::WRITE, move || write(writer, b"tail"));
    assert_eq!(read(&fd, &mut [0; 100]), Ok(100));
    assert_eq!(sleeper.result(), Ok(4));
    assert_eq!(read(&fd, &mut [0; FIFO_SIZE]), Ok(FIFO_SIZE - 96));
}

#[test]
fn two_bytes_end_two_readers() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    let reader = Arc::new(device.open(OFlags::RDONLY));
    let readers = [(); 2].map(|()| {
        let reader = reader.clone();
        Sleeper::asleep("a reader", calls::READ, move || read(reader, &mut [0; 1]))
    });
    for byte in [b"x", b"y"] {
        assert_eq!(write(&fd, byte), Ok(1));
    }
    assert_eq!(readers.map(Sleeper::result), [Ok(1), Ok(1)]);
}

#[test]
fn it_has_no_position() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    assert_eq!(seek(&fd, SeekFrom::Start(0)), Err(Errno::SPIPE));
    assert_eq!(seek(&fd, SeekFrom::Current(0)), Err(Errno::SPIPE));
    assert_eq!(seek(&fd, SeekFrom::End(0)), Err(Errno::SPIPE));
    assert_eq!(pread(&fd, &mut [0; 4], 0), Err(Errno::SPIPE));
    assert_eq!(pwrite(&fd, b"x", 0), Err(Errno::SPIPE));
}

#[test]
fn access_mode_counts() {
    let device = Device::get("testdev", 0);
    let (reader, writer) = (device.open(OFlags::RDONLY), device.open(OFlags::WRONLY));
    assert_eq!(write(&reader, b"x"), Err(Errno::BADF));
    assert_eq!(read(&writer, &mut [0; 4]), Err(Errno::BADF));
}

#[test]
fn echo() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    let mut data: testdev::Bytes = std::array::from_fn(|i| i as u8);
    assert_eq!(testdev::echo(&fd, &mut data), Ok(()));
    assert_eq!(data, std::array::from_fn(|i| !(i as u8)));
}

#[test]
fn unknown_ioctls() {
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    for unknown in [opcode::none(0xde, 0x7f), opcode::read::<u8>(0xde, 0x05)] {
        assert_eq!(ioctl_number(&fd, unknown, 0), Err(Errno::NOTTY));
    }
    assert_eq!(testdev::work(&fd, 5001), Err(Errno::INVAL));
    assert_eq!(testdev::work(&fd, 1), Ok(()));
}
