// SPDX-License-Identifier: GPL-2.0

//! Other processes.

use super::{Holder, Way};
use crate::{child::Child, fdpass, testdev};
use rustix::{
    fd::{AsRawFd, OwnedFd},
    fs::{fcntl_setfl, OFlags},
    io::{fcntl_dupfd_cloexec, fcntl_setfd, read, write, Errno, FdFlags},
};
use std::process::{self, Command, Stdio};

pub(super) const WAYS: &[Way] = &[
    Way::file("fork", |file| {
        let echo = move || testdev::echo(&file, &mut [0; 64]);
        Box::new(Asked::new(Errno::NODEV, echo))
    }),
    Way::file("across exec", |file| Box::new(Program::new(file))),
];

/// A child that inherits what it needs for a call, and makes the call when it is told to.
pub(super) struct Asked {
    _child: Child,
    socket: OwnedFd,
    gone: Errno,
}

impl Asked {
    /// `call` returns `gone` when the device is gone. Only the child keeps its captures.
    pub(super) fn new(gone: Errno, call: impl Fn() -> Result<(), Errno>) -> Self {
        let (ours, theirs) = fdpass::pair();
        let child = Child::fork(move || {
            while read(&theirs, &mut [0]) == Ok(1) {
                let said = call().map_or_else(Errno::raw_os_error, |()| 0);
                let _ = write(&theirs, &said.to_ne_bytes());
            }
            0
        });
        Self {
            _child: child,
            socket: ours,
            gone,
        }
    }

    fn call(&self) -> Result<(), Errno> {
        assert_eq!(write(&self.socket, b"!"), Ok(1));
        let mut said = [0; 4];
        assert_eq!(read(&self.socket, &mut said), Ok(4));
        match i32::from_ne_bytes(said) {
            0 => Ok(()),
            error => Err(Errno::from_raw_os_error(error)),
        }
    }
}

impl Holder for Asked {
    fn assert_reaches(&mut self) {
        assert_eq!(self.call(), Ok(()));
    }

    fn assert_cut_off(&mut self) {
        assert_eq!(self.call(), Err(self.gone));
    }
}

/// A shell that has the file as its descriptor 9. For each line that it gets, it reads from there,
/// and sends the result.
struct Program {
    shell: process::Child,
    socket: OwnedFd,
}

const SCRIPT: &str = "while read -r x; do \
    dd bs=4 count=1 <&9 2>&1 >/dev/null | \
    grep -o -e 'No such device' -e 'Resource temporarily unavailable' || echo something else; done";

impl Program {
    fn new(file: OwnedFd) -> Self {
        let (ours, theirs) = fdpass::pair();
        // Above the descriptors that std opens for the child.
        let high = fcntl_dupfd_cloexec(&file, 100).expect("F_DUPFD");
        drop(file);
        fcntl_setfd(&high, FdFlags::empty()).expect("F_SETFD");
        fcntl_setfl(&high, OFlags::NONBLOCK).expect("F_SETFL");
        let script = SCRIPT.replace('9', &high.as_raw_fd().to_string());
        let output = theirs.try_clone().expect("dup");
        let shell = Command::new("sh")
            .args(["-c", &script])
            .stdin(Stdio::from(theirs))
            .stdout(Stdio::from(output))
            .spawn()
            .expect("a shell");
        Self {
            shell,
            socket: ours,
        }
    }

    /// The result of a read in the program.
    fn call(&self) -> String {
        assert_eq!(write(&self.socket, b"\n"), Ok(1));
        let mut said = [0; 64];
        let count = read(&self.socket, &mut said).expect("an answer");
        String::from_utf8_lossy(&said[..count]).trim().to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

impl Holder for Program {
    fn assert_reaches(&mut self) {
        // The FIFO is empty.
        assert_eq!(self.call(), "Resource temporarily unavailable");
    }

    fn assert_cut_off(&mut self) {
        assert_eq!(self.call(), "No such device");
    }
}
