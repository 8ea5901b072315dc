// SPDX-License-Identifier: GPL-2.0

//! A driver whose control node creates devices, and returns a descriptor of each.

use crate::{device::Device, effort, module::Loaded, wait_until, HANG};
use rustix::{
    fd::{AsRawFd, OwnedFd},
    fs::OFlags,
    io,
    process::{getrlimit, setrlimit, Resource, Rlimit},
};
use std::{
    collections::BTreeSet,
    fs::{self, read_dir},
    path::{Path, PathBuf},
};

/// The driver, loaded.
pub struct Maker {
    /// Its device.
    pub device: Device,
    /// Its control node.
    pub control: OwnedFd,
    name: &'static str,
    count: fn(&OwnedFd) -> io::Result<u32>,
    // Dropped last.
    _module: Loaded,
}

impl Maker {
    /// Loads the module `name`, which must succeed. Its device and control node have the same name.
    /// `count` returns the number of devices.
    pub(crate) fn new(name: &'static str, count: fn(&OwnedFd) -> io::Result<u32>) -> Self {
        let module = Loaded::new(&[name]);
        let device = Device::sole(name);
        let control = device.open(OFlags::RDWR);
        Self {
            device,
            control,
            name,
            count,
            _module: module,
        }
    }

    /// Waits until there are `count` devices.
    ///
    /// # Panics
    ///
    /// If there are not.
    pub fn assert_count(&self, count: u32) {
        let counted = wait_until(HANG, || (self.count)(&self.control) == Ok(count));
        assert!(counted, "{:?}", (self.count)(&self.control));
    }

    /// Waits until no devices are left.
    ///
    /// # Panics
    ///
    /// If one is.
    pub fn assert_none(&self) {
        self.assert_count(0);
        assert_eq!(nodes_of(self.name), [] as [PathBuf; 0]);
    }

    /// Runs `round`, which creates devices and closes them, many times (`short` times in the short
    /// form), and measures how much more memory the kernel has in use afterwards. There are fewer
    /// rounds if checkers delay the freeing of memory: then, a scan for leaks follows.
    ///
    /// # Panics
    ///
    /// If a device is left, or memory.
    pub fn assert_rounds_leave_nothing(&self, short: u32, round: impl Fn(u32)) {
        let rounds = |number: u32| {
            for n in 0..number {
                round(n);
                self.assert_count(0);
            }
        };
        if !frees_at_once() {
            rounds(effort::choose(4, 1000));
            return self.assert_none();
        }
        let number = effort::choose(short, 10_000);
        rounds(number / 4);
        let before = kernel_memory();
        rounds(number);
        let left = || kernel_memory().saturating_sub(before);
        let most = u64::from(number) * LEFT_OVER;
        // RCU delays some frees.
        let freed = wait_until(HANG, || left() < most);
        assert!(freed, "{} bytes are left", left());
        self.assert_none();
    }

    /// Runs `make` while this process may open only `room` more descriptors.
    ///
    /// # Panics
    ///
    /// If the limits cannot be set.
    pub fn with_room<T>(&self, room: u64, make: impl FnOnce() -> T) -> T {
        let limit = getrlimit(Resource::Nofile);
        let highest: u64 = self.control.as_raw_fd().cast_unsigned().into();
        // Use up the free numbers below.
        let mut fill = Vec::new();
        loop {
            let fd = self.control.try_clone().expect("dup");
            let number: u64 = fd.as_raw_fd().cast_unsigned().into();
            if number > highest + 64 {
                break;
            }
            fill.push(fd);
        }
        let current = Some(highest + 65 + room);
        let maximum = limit.maximum;
        setrlimit(Resource::Nofile, Rlimit { current, maximum }).expect("setrlimit");
        let made = make();
        setrlimit(Resource::Nofile, limit).expect("setrlimit");
        made
    }
}

/// The bytes that a round may leave in use on average: less than a device needs.
const LEFT_OVER: u64 = 1024;

/// The bytes of memory that the kernel uses for itself.
fn kernel_memory() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").expect("/proc/meminfo");
    let of = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name));
        let number = line.and_then(|line| line.split_whitespace().nth(1));
        number
            .and_then(|number| number.parse::<u64>().ok())
            .expect("a number")
    };
    1024 * (of("SUnreclaim:") + of("Percpu:") + of("VmallocUsed:"))
}

/// Whether the kernel frees memory at once. Its checkers delay this.
fn frees_at_once() -> bool {
    !Path::new("/sys/kernel/debug/kmemleak").exists()
}

/// The nodes of the devices that the driver `name` has created.
///
/// # Panics
///
/// If there is no `/dev`.
pub fn nodes_of(name: &str) -> Vec<PathBuf> {
    let entries = read_dir("/dev").expect("/dev").flatten();
    let is_node = |path: &PathBuf| {
        let file = path.file_name().and_then(|file| file.to_str());
        file.is_some_and(|file| file.starts_with(name) && file != name)
    };
    let mut nodes: Vec<_> = entries.map(|entry| entry.path()).filter(is_node).collect();
    nodes.sort();
    nodes
}

/// The descriptors of this process.
///
/// # Panics
///
/// If there is no `/proc`.
pub fn descriptors() -> BTreeSet<String> {
    let entries = read_dir("/proc/self/fd").expect("/proc").flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}
