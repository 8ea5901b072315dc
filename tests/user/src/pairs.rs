// SPDX-License-Identifier: GPL-2.0

//! The ends that `/dev/loopchan` makes, and what is left of them.

use crate::{
    device::Device,
    events::{poll_for, GONE},
    loopchan::{self, pair},
    module::Loaded,
    wait_until, HANG,
};
use rustix::{
    event::PollFlags,
    fd::OwnedFd,
    fs::{fstat, stat, OFlags},
    io::{read, write, Errno},
};
use std::{
    fs::read_dir,
    path::{Path, PathBuf},
    time::Duration,
};

/// The module, its device and its control node.
pub const MODULE: &str = "loopchan";

/// The driver, loaded.
pub struct Loopchan {
    /// Its device.
    pub device: Device,
    /// Its control node.
    pub control: OwnedFd,
    // Goes last.
    _module: Loaded,
}

impl Default for Loopchan {
    fn default() -> Self {
        Self::new()
    }
}

impl Loopchan {
    /// Loads it, which must succeed.
    pub fn new() -> Self {
        let module = Loaded::new(&[MODULE]);
        let device = Device::sole(MODULE);
        let control = device.open(OFlags::RDWR);
        Self {
            device,
            control,
            _module: module,
        }
    }

    /// Makes two ends, which must succeed.
    pub fn pair(&self, flags: u32) -> [OwnedFd; 2] {
        pair(&self.control, flags).expect("a pair")
    }

    /// Waits until there are as many ends as this.
    pub fn assert_count(&self, count: u32) {
        let is_so = || loopchan::count(&self.control) == Ok(count);
        assert!(
            wait_until(HANG, is_so),
            "{:?}",
            loopchan::count(&self.control)
        );
    }

    /// Waits until nothing is left of any end.
    pub fn assert_none(&self) {
        self.assert_count(0);
        assert_eq!(nodes(), [] as [PathBuf; 0]);
    }
}

/// The nodes of ends.
pub fn nodes() -> Vec<PathBuf> {
    let entries = read_dir("/dev").expect("/dev").flatten();
    let paths = entries.map(|entry| entry.path());
    let mut nodes: Vec<_> = paths.filter(|path| is_node(path)).collect();
    nodes.sort();
    nodes
}

fn is_node(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with(MODULE) && name != MODULE)
}

/// The node of an end.
pub fn node_of(end: &OwnedFd) -> PathBuf {
    let number = fstat(end).expect("fstat").st_rdev;
    let is_its = |path: &PathBuf| stat(path.as_path()).is_ok_and(|there| there.st_rdev == number);
    nodes().into_iter().find(is_its).expect("an end has a node")
}

/// It is cut off.
pub fn assert_gone(end: &OwnedFd) {
    assert_eq!(read(end, &mut [0; 8]), Err(Errno::NODEV));
    assert_eq!(write(end, &[0; 8]), Err(Errno::NODEV));
    assert_eq!(poll_for(end, PollFlags::IN, Duration::ZERO), GONE);
}

/// What is written to one end is read from the other.
pub fn assert_connected(from: &OwnedFd, to: &OwnedFd) {
    let mut bytes = [0; 8];
    assert_eq!(write(from, b"ping"), Ok(4));
    assert_eq!(read(to, &mut bytes), Ok(4));
    assert_eq!(&bytes[..4], b"ping");
}
