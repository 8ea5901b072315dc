// SPDX-License-Identifier: GPL-2.0

//! One `Fasync` that a driver names for two files.

use devscope_tests::{
    child::{Child, End},
    hostile::{attack, Attack},
    sigwait::Signals,
};
use libc::{c_int, c_long};
use rustix::{
    fd::{AsFd, AsRawFd},
    fs::{fcntl_getfl, fcntl_setfl, OFlags},
    io::{Errno, Result},
    process::getpid,
};

const F_SETOWN: c_int = 8;
const F_SETSIG: c_int = 10;
const POLL_HUP: i32 = 6;
const NAME_OWN: u8 = 1;
const ASYNC: OFlags = OFlags::from_bits_retain(libc::O_ASYNC as u32);

/// A signal that is queued, unlike SIGIO.
fn queued() -> c_int {
    libc::SIGRTMIN() + 1
}

fn turn_on(fd: impl AsFd) -> Result<()> {
    let raw = fd.as_fd().as_raw_fd();
    for (command, argument) in [
        (F_SETSIG, queued()),
        (F_SETOWN, getpid().as_raw_nonzero().get()),
    ] {
        // SAFETY: Neither command takes an address.
        let set = unsafe { libc::fcntl(raw, command, c_long::from(argument)) };
        assert_eq!(set, 0, "fcntl {command}");
    }
    fcntl_setfl(&fd, fcntl_getfl(&fd)? | ASYNC)
}

/// Runs `test` in a separate process, which gets the signals.
fn in_a_process(test: impl FnOnce(&Signals)) {
    let child = Child::fork(|| {
        test(&Signals::block(&[libc::SIGIO, queued()]));
        0
    });
    assert_eq!(child.wait(), End::Exit(0));
}

#[test]
fn one_signal_of_the_end() {
    let shared = Attack::with_devices("shared_fasync", 1);
    in_a_process(|signals| {
        // Unplug disconnects the second file first.
        let refused = shared.device(0).open(OFlags::RDWR);
        let served = shared.device(0).open(OFlags::RDWR);
        assert_eq!(turn_on(&served), Ok(()));
        assert_eq!(turn_on(&refused), Err(Errno::BUSY));
        shared.device(0).unbind();
        let came = signals.now();
        let codes: Vec<_> = came.iter().map(|signal| signal.code).collect();
        assert_eq!(codes, [POLL_HUP], "{came:?}");
    });
}

#[test]
fn refused_file_names_another() {
    let shared = Attack::with_devices("shared_fasync", 1);
    in_a_process(|signals| {
        let served = shared.device(0).open(OFlags::RDWR);
        let refused = shared.device(0).open(OFlags::RDWR);
        assert_eq!(turn_on(&served), Ok(()));
        assert_eq!(turn_on(&refused), Err(Errno::BUSY));
        assert_eq!(attack(&refused, NAME_OWN, 0), Ok(()));
        assert_eq!(turn_on(&refused), Ok(()));
        shared.device(0).unbind();
        assert_eq!(signals.now().len(), 2, "one of each");
    });
}
