// SPDX-License-Identifier: GPL-2.0

//! Checks of an open file of testdev's FIFO.

use crate::{
    events::{poll_now, GONE},
    pages::ioctl_number,
    testdev::{self, Wait},
};
use rustix::{
    event::PollFlags,
    fd::AsFd,
    io::{read, write, Errno},
    ioctl::opcode,
};

/// Checks that all calls report that the device is gone.
///
/// # Panics
///
/// If one does not.
pub fn assert_gone(fd: impl AsFd) {
    let fd = fd.as_fd();
    // This comes first, since it does not sleep if the device is there.
    assert_eq!(testdev::echo(fd, &mut [0; 64]), Err(Errno::NODEV));
    assert_eq!(read(fd, &mut [0; 4]), Err(Errno::NODEV));
    assert_eq!(read(fd, &mut [0u8; 0]), Err(Errno::NODEV));
    assert_eq!(write(fd, b"x"), Err(Errno::NODEV));
    assert_eq!(testdev::wait(fd, Wait::INTERRUPTIBLE), Err(Errno::NODEV));
    assert_eq!(testdev::release(fd), Err(Errno::NODEV));
    assert_eq!(
        ioctl_number(fd, opcode::none(0xde, 0x7f), 0),
        Err(Errno::NODEV)
    );
    assert_eq!(poll_now(fd, PollFlags::IN | PollFlags::OUT), GONE);
}

/// Checks that the device answers.
///
/// # Panics
///
/// If it does not.
pub fn assert_works(fd: impl AsFd) {
    let mut bytes = [0x5a; 64];
    assert_eq!(testdev::echo(fd, &mut bytes), Ok(()));
    assert_eq!(bytes, [!0x5a; 64]);
}
