// SPDX-License-Identifier: GPL-2.0

//! The cost of the handler behind `/dev/input/eventN`, in C and on the framework. The input device
//! is a kernel module, which costs the same for both.

mod busy;
mod delivery;
mod ioctls;
mod memory;
mod opening;
mod reading;
mod unplug;
mod waiter;

use crate::table::{self, Table};
use devscope_tests::{
    device::open,
    evdev::{testinput::Burster, Handler, Handlers, TestInput},
};
use rustix::{fd::OwnedFd, fs::OFlags, io::read};
use std::path::{Path, PathBuf};

/// The limit for the instructions of ours, relative to C.
const LIMIT: f64 = 1.05;
/// The same for the delivery and reading of events.
const EVENTS_LIMIT: f64 = 1.0;
/// The size of an event.
const EVENT: usize = devscope_tests::evdev::uinput::EVENT;
/// A device whose clients have room for 2,048 events.
const ROOMY: &str = "hint=256";
/// A device whose clients have the smallest buffer, 64 events.
const PLAIN: &str = "axes=0";

/// Prints the tables. Returns whether ours is within the limits.
pub fn compare() -> bool {
    let there = |name: &&str| {
        Path::new("/modules")
            .join(name)
            .with_extension("ko")
            .exists()
    };
    if let Some(name) = ["testinput", "evdev", "evdev_rust"]
        .iter()
        .find(|it| !there(it))
    {
        println!("\nThe event nodes of input devices: {name}.ko is missing, not measured");
        return false;
    }
    table::compare_all(&tables(Handler::C), &tables(Handler::Devscope))
}

/// The costs of a handler.
fn tables(handler: Handler) -> Vec<Table> {
    let _handlers = Handlers::only(handler);
    let mut tables = {
        let roomy = Subject::new(ROOMY);
        vec![
            delivery::table(&roomy),
            reading::table(&roomy),
            ioctls::table(&roomy),
        ]
    };
    let plain = Subject::new(PLAIN);
    tables.extend([
        opening::instructions(&plain),
        opening::times(&plain),
        memory::table(&plain),
        unplug::times(&plain),
        unplug::hurried(&plain),
    ]);
    tables
}

/// The input device, with its node.
struct Subject {
    input: TestInput,
    node: PathBuf,
}

impl Subject {
    fn new(parameters: &str) -> Self {
        let input = TestInput::load(parameters);
        let node = input.node();
        Self { input, node }
    }

    /// Opens its node.
    fn open(&self, flags: OFlags) -> OwnedFd {
        open(&self.node, flags).expect("open the node")
    }

    /// Opens its node with `O_NONBLOCK`.
    fn client(&self) -> OwnedFd {
        self.open(OFlags::RDWR | OFlags::NONBLOCK)
    }

    /// Opens it `count` times.
    fn clients(&self, count: usize) -> Vec<OwnedFd> {
        (0..count).map(|_| self.client()).collect()
    }

    fn burster(&self) -> Burster {
        self.input.burster().expect("testinput/burst")
    }
}

/// Reads all pending events.
fn drain(client: &OwnedFd) {
    while read(client, &mut [0; 256 * EVENT]).is_ok() {}
}
