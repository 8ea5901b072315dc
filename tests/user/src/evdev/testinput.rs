// SPDX-License-Identifier: GPL-2.0

//! The input device that is a kernel module, `tests/kmod/testinput`.

use super::uinput::Event;
use crate::{
    device::{hung, open, write_timed},
    module::{load, unload},
    wait_until, HANG,
};
use rustix::{
    fd::OwnedFd,
    fs::OFlags,
    io::{self, Errno},
};
use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

const MODULE: &str = "testinput";
const DEVICE: &str = "testinput.0";
const DEBUGFS: &str = "/sys/kernel/debug/testinput";
const BURST: &str = "/sys/kernel/debug/testinput/burst";

/// The number of its multitouch slots.
pub const SLOTS: usize = 10;

/// The device. It has an event node of each handler that is loaded. Dropping it unloads the module.
#[derive(Debug)]
pub struct TestInput(());

impl TestInput {
    /// Loads it.
    ///
    /// - `hint=N`: the events in a packet, at least; a client's buffer holds eight packets
    /// - `axes=0`: without relative and absolute axes and slots, so that a buffer is the smallest
    ///   there is, 64 events
    /// - `repeat=1`: the input core repeats keys
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn load(parameters: &str) -> Self {
        load(MODULE, parameters).unwrap_or_else(|e| panic!("insmod {MODULE}: {e}"));
        Self(())
    }

    /// Its event nodes, in the order of their numbers. Some may not exist yet.
    pub fn nodes(&self) -> Vec<PathBuf> {
        let input = format!("/sys/bus/platform/devices/{DEVICE}/input");
        let names = |dir: &Path| -> Vec<String> {
            let entries = fs::read_dir(dir).into_iter().flatten().flatten();
            entries
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .collect()
        };
        let mut numbers: Vec<u32> = names(Path::new(&input))
            .iter()
            .flat_map(|device| names(&Path::new(&input).join(device)))
            .filter_map(|name| name.strip_prefix("event")?.parse().ok())
            .collect();
        numbers.sort_unstable();
        let path = |number| PathBuf::from(format!("/dev/input/event{number}"));
        numbers.into_iter().map(path).collect()
    }

    /// Its event node, if one handler is loaded.
    ///
    /// # Panics
    ///
    /// If there is not exactly one.
    pub fn node(&self) -> PathBuf {
        let mut nodes = Vec::new();
        wait_until(HANG, || {
            nodes = self.nodes();
            nodes.first().is_some_and(|node| node.exists())
        });
        assert_eq!(nodes.len(), 1, "the nodes of {DEVICE}: {nodes:?}");
        nodes.remove(0)
    }

    /// Makes it send events, which are delivered when this returns. End a packet with
    /// `EV_SYN SYN_REPORT`.
    ///
    /// # Errors
    ///
    /// ENOENT while it is not bound.
    pub fn send(&self, events: &[Event]) -> std::io::Result<()> {
        let mut text = String::new();
        for (kind, code, value) in events {
            writeln!(text, "{kind} {code} {value}").expect("a string has room");
        }
        fs::write(format!("{DEBUGFS}/events"), text)
    }

    /// Opens the file that makes it send many events.
    ///
    /// # Errors
    ///
    /// ENOENT while it is not bound.
    pub fn burster(&self) -> io::Result<Burster> {
        open(Path::new(BURST), OFlags::WRONLY).map(Burster)
    }

    /// Makes its force feedback fail with `error` from now on, or succeed again.
    ///
    /// # Errors
    ///
    /// ENOENT while it is not bound.
    pub fn fail_ff(&self, error: Option<Errno>) -> std::io::Result<()> {
        self.fail("fail_ff", error)
    }

    /// Makes each change of its effects take this long from now on. If an effect is played
    /// meanwhile, it warns, which fails the run.
    ///
    /// # Errors
    ///
    /// ENOENT while it is not bound.
    pub fn slow_ff(&self, change: Duration) -> std::io::Result<()> {
        fs::write(format!("{DEBUGFS}/slow_ff"), change.as_micros().to_string())
    }

    /// Makes its `open` fail with `error` from now on, or succeed again. The input core calls it
    /// when the first of its nodes is opened.
    ///
    /// # Errors
    ///
    /// ENOENT while it is not bound.
    pub fn fail_open(&self, error: Option<Errno>) -> std::io::Result<()> {
        self.fail("fail_open", error)
    }

    fn fail(&self, file: &str, error: Option<Errno>) -> std::io::Result<()> {
        let errno = error.map_or(0, Errno::raw_os_error);
        fs::write(format!("{DEBUGFS}/{file}"), errno.to_string())
    }

    /// Removes the input device. Returns the result, and how long it took.
    pub fn try_unbind(&self) -> (io::Result<()>, Duration) {
        write_timed(&driver("unbind"), DEVICE)
    }

    /// Creates it again. Returns the result, and how long it took.
    pub fn try_bind(&self) -> (io::Result<()>, Duration) {
        write_timed(&driver("bind"), DEVICE)
    }

    /// Whether the input device exists.
    pub fn is_bound(&self) -> bool {
        fs::exists(format!("/sys/bus/platform/devices/{DEVICE}/driver")).unwrap_or(false)
    }
}

impl Drop for TestInput {
    fn drop(&mut self) {
        // If a task hangs in the module, this thread would hang, too.
        if !hung() && !wait_until(HANG, || unload(MODULE).is_ok()) {
            eprintln!("rmmod {MODULE}: it is in use");
        }
    }
}

/// Makes the device send events. It is removed at unbind.
#[derive(Debug)]
pub struct Burster(OwnedFd);

impl Burster {
    /// Sends this many packets of two events, `EV_REL REL_X 1` (without axes `EV_MSC MSC_SCAN 1`)
    /// and `EV_SYN SYN_REPORT`. They are delivered when this returns.
    ///
    /// # Errors
    ///
    /// EIO after the device was unbound.
    pub fn send(&self, packets: u64) -> io::Result<()> {
        io::write(&self.0, packets.to_string().as_bytes()).map(drop)
    }

    /// The nanoseconds that the last packets took in the kernel, without the system call.
    ///
    /// # Errors
    ///
    /// ENOENT after the device was unbound.
    pub fn took(&self) -> std::io::Result<u64> {
        let text = fs::read_to_string(BURST)?;
        text.trim().parse().map_err(std::io::Error::other)
    }
}

fn driver(file: &str) -> String {
    format!("/sys/bus/platform/drivers/{MODULE}/{file}")
}
