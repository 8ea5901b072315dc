// SPDX-License-Identifier: GPL-2.0

//! `tests/kmod/testc`, a C driver that ignores unplug.
//!
//! C header: `tests/kmod/testc/testc.h`.

use crate::{
    device::{hung, open, write_timed},
    module::{load, unload, Loaded},
    pace, wait_until, HANG, UNBIND_LIMIT,
};
use rustix::{
    fd::{AsFd, AsRawFd, OwnedFd},
    fs::OFlags,
    io::{self, Errno},
};
use std::{fs, path::PathBuf, time::Duration};

const MODULE: &str = "testc";

/// The ioctls of the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Ask {
    /// `TESTC_WAIT`
    Wait = 0,
    /// `TESTC_EINTR`
    Eintr = 1,
    /// `TESTC_AGAIN`
    Again = 2,
    /// `TESTC_OWN`
    Own = 3,
    /// `TESTC_LOCK`
    Lock = 4,
    /// `TESTC_HOLD`
    Hold = 5,
    /// `TESTC_BUSY`
    Busy = 6,
    /// `TESTC_PENDING`
    Pending = 7,
    /// `TESTC_THREAD`
    Thread = 8,
    /// `TESTC_NOTHING`
    Nothing = 9,
    /// `TESTC_QUEUE`
    Queue = 10,
    /// `TESTC_UNQUEUE`
    Unqueue = 11,
}

/// Makes an ioctl on `file`. Returns its result.
///
/// # Errors
///
/// Those of the driver.
pub fn ask(file: impl AsFd, what: Ask, argument: usize) -> io::Result<i32> {
    let request = 0xc7 << 8 | what as u64;
    // SAFETY: The driver does not use `argument` as an address.
    match unsafe { libc::ioctl(file.as_fd().as_raw_fd(), request, argument) } {
        -1 => Err(Errno::from_io_error(&std::io::Error::last_os_error()).expect("an errno")),
        result => Ok(result),
    }
}

/// One of the nodes of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node {
    /// The misc device.
    Misc,
    /// The character device.
    Iter,
}

/// Both kinds.
pub const NODES: [Node; 2] = [Node::Misc, Node::Iter];

/// The driver, loaded, with its two devices bound. Dropping it unloads it.
pub struct TestC {
    _framework: Loaded,
}

impl TestC {
    /// Loads it.
    ///
    /// # Panics
    ///
    /// If that fails.
    #[expect(clippy::new_without_default)]
    pub fn new() -> Self {
        Self::with("")
    }

    /// The same with parameters.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn with(parameters: &str) -> Self {
        let framework = Loaded::dependencies_of(MODULE);
        load(MODULE, parameters).unwrap_or_else(|e| panic!("insmod {MODULE}: {e}"));
        Self {
            _framework: framework,
        }
    }

    /// The value of one of its counters, which are parameters.
    ///
    /// # Panics
    ///
    /// If there is none of that name.
    pub fn count(&self, name: &str) -> i32 {
        let path = format!("/sys/module/{MODULE}/parameters/{name}");
        let text = fs::read_to_string(path).expect("a parameter");
        text.trim().parse().expect("a number")
    }

    /// The path of a node.
    pub fn node(&self, index: usize, node: Node) -> PathBuf {
        let end = match node {
            Node::Misc => "",
            Node::Iter => "-iter",
        };
        format!("/dev/testc{index}{end}").into()
    }

    /// Opens a node, which must succeed.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn open(&self, index: usize, node: Node) -> OwnedFd {
        self.open_with(index, node, OFlags::RDWR)
    }

    /// The same with flags.
    ///
    /// # Panics
    ///
    /// If it does not succeed.
    pub fn open_with(&self, index: usize, node: Node, flags: OFlags) -> OwnedFd {
        let path = self.node(index, node);
        wait_until(HANG, || path.exists());
        open(&path, flags).unwrap_or_else(|e| panic!("open {}: {e}", path.display()))
    }

    /// Unbinds a device, which must succeed within [`UNBIND_LIMIT`].
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn unbind(&self, index: usize) {
        pace::assert_within(self.unbind_slowly(index), UNBIND_LIMIT, "unbind");
    }

    /// Unbinds a device, which must succeed. Returns how long it took.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn unbind_slowly(&self, index: usize) -> Duration {
        let (result, took) = self.driver("unbind", index);
        eprintln!("unbind: {} ms", took.as_millis());
        assert_eq!(result, Ok(()), "unbind");
        took
    }

    /// Binds a device, which must succeed.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn bind(&self, index: usize) {
        assert_eq!(self.driver("bind", index).0, Ok(()), "bind");
    }

    fn driver(&self, file: &str, index: usize) -> (io::Result<()>, Duration) {
        let path = format!("/sys/bus/platform/drivers/{MODULE}/{file}");
        write_timed(&path, &format!("{MODULE}.{index}"))
    }
}

impl Drop for TestC {
    fn drop(&mut self) {
        // A task that has dropped its reference may still run code of the module.
        if !hung() && !wait_until(HANG, || unload(MODULE).is_ok()) {
            eprintln!("rmmod {MODULE}: it is in use");
        }
    }
}
