// SPDX-License-Identifier: GPL-2.0

//! The calls that are made behind each fence.

use devscope_tests::events::poll_now;
use rustix::{
    event::{poll, PollFd, PollFlags},
    fd::OwnedFd,
    ioctl::{ioctl, opcode, NoArg, Opcode},
};
use std::hint::black_box;

/// An `ioctl()` that does nothing.
const NOTHING: Opcode = opcode::none(0xbe, 0x00);

/// Their names. The last one puts the caller on the wait queue, and takes it off again.
pub const CALLS: [&str; 4] = ["read", "ioctl", "poll", "poll, queued"];
/// The last of them.
pub const QUEUED: usize = CALLS.len() - 1;
/// The number of those that the kernel crate's `MiscDevice` supports. They are also the calls in
/// which only the gate is measured.
pub const OF_KERNEL_CRATE: usize = 2;

/// The calls on a file, in the order of [`CALLS`].
pub fn calls(file: &OwnedFd) -> [Box<dyn Fn() + '_>; CALLS.len()] {
    let read = move || {
        let mut byte = [0];
        let result = rustix::io::read(file, black_box(&mut byte));
        assert_eq!(result, Ok(0));
    };
    let control = move || {
        // SAFETY: The command has no argument.
        let result = unsafe { ioctl(file, NoArg::<NOTHING>::new()) };
        assert_eq!(result, Ok(()));
    };
    let asked = move || assert_eq!(poll_now(file, PollFlags::IN), PollFlags::IN);
    // No timeout, since the cost of reading the time varies. The file is ready or has hung up, so
    // this does not sleep.
    let queued = move || {
        let mut files = [PollFd::new(file, PollFlags::IN)];
        poll(&mut files, None).expect("poll");
        assert_eq!(files[0].revents(), PollFlags::IN);
    };
    [
        Box::new(read),
        Box::new(control),
        Box::new(asked),
        Box::new(queued),
    ]
}
