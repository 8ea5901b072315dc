// SPDX-License-Identifier: GPL-2.0

//! The pairs of ends that `/dev/loopchan` creates.

use crate::{
    events::{poll_for, GONE},
    loopchan::{self, pair},
    maker::{nodes_of, Maker},
};
use rustix::{
    event::PollFlags,
    fd::OwnedFd,
    fs::{fstat, stat},
    io::{read, write, Errno},
};
use std::{ops::Deref, path::PathBuf, time::Duration};

/// The module, its device and its control node.
pub const MODULE: &str = "loopchan";

/// The driver, loaded.
pub struct Loopchan(Maker);

impl Deref for Loopchan {
    type Target = Maker;

    fn deref(&self) -> &Maker {
        &self.0
    }
}

impl Default for Loopchan {
    fn default() -> Self {
        Self::new()
    }
}

impl Loopchan {
    /// Loads it, which must succeed.
    pub fn new() -> Self {
        Self(Maker::new(MODULE, |control| loopchan::count(control)))
    }

    /// Creates two ends, which must succeed.
    pub fn pair(&self, flags: u32) -> [OwnedFd; 2] {
        pair(&self.control, flags).expect("a pair")
    }
}

/// The nodes of ends.
pub fn nodes() -> Vec<PathBuf> {
    nodes_of(MODULE)
}

/// The node of an end.
pub fn node_of(end: &OwnedFd) -> PathBuf {
    let number = fstat(end).expect("fstat").st_rdev;
    let is_its = |path: &PathBuf| stat(path.as_path()).is_ok_and(|there| there.st_rdev == number);
    nodes().into_iter().find(is_its).expect("an end has a node")
}

/// Asserts that an end is cut off.
pub fn assert_gone(end: &OwnedFd) {
    assert_eq!(read(end, &mut [0; 8]), Err(Errno::NODEV));
    assert_eq!(write(end, &[0; 8]), Err(Errno::NODEV));
    assert_eq!(poll_for(end, PollFlags::IN, Duration::ZERO), GONE);
}

/// Asserts that data written to one end can be read from the other.
pub fn assert_connected(from: &OwnedFd, to: &OwnedFd) {
    let mut bytes = [0; 8];
    assert_eq!(write(from, b"ping"), Ok(4));
    assert_eq!(read(to, &mut bytes), Ok(4));
    assert_eq!(&bytes[..4], b"ping");
}
