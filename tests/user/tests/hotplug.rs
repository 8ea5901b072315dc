// SPDX-License-Identifier: GPL-2.0

//! The device is removed under load: by `unbind` and `remove` in sysfs, and from the machine. It
//! works when it is back.

use devscope_tests::{
    cpus::{online, OneCpu},
    device::Device,
    edu::RAM_SIZE,
    effort,
    events::{poll_for, GONE},
    pace,
    proc::calls,
    sleeper::Sleeper,
    FOR_EVER, UNBIND_LIMIT,
};
use rustix::{
    event::PollFlags,
    fs::OFlags,
    io::{pread, pwrite, read, write, Errno},
};
use std::{collections::BTreeSet, sync::mpsc, thread, time::Duration};

/// The users of a device: two readers, one poller that gets no events, two writers, and three that
/// keep the DMA engine busy.
struct Load {
    users: Vec<Sleeper<Errno>>,
    poller: Sleeper<PollFlags>,
}

impl Load {
    fn start(device: &Device) -> Self {
        let mut users = Vec::new();
        let mut user = |what, mut call: Box<dyn FnMut() -> Result<usize, Errno> + Send>| {
            users.push(Sleeper::start(what, move || loop {
                if let Err(error) = call() {
                    break error;
                }
            }));
        };
        for number in [5, 600] {
            let fd = device.open(OFlags::RDWR);
            user("a reader", Box::new(move || read(&fd, &mut [0; 4])));
            let fd = device.open(OFlags::RDWR);
            let numbers = [u32::to_ne_bytes(number); 8];
            user(
                "a writer",
                Box::new(move || write(&fd, numbers.as_flattened())),
            );
        }
        for offset in [0, 100] {
            let fd = device.open_ram(OFlags::RDWR);
            let bytes = vec![offset as u8; RAM_SIZE];
            user(
                "a DMA writer",
                Box::new(move || pwrite(&fd, &bytes, offset)),
            );
        }
        let fd = device.open_ram(OFlags::RDWR);
        let mut bytes = vec![0; RAM_SIZE];
        user("a DMA reader", Box::new(move || pread(&fd, &mut bytes, 0)));
        let fd = device.open(OFlags::RDWR);
        let poller = Sleeper::asleep("a poller", calls::POLL, move || {
            poll_for(fd, PollFlags::PRI, FOR_EVER)
        });
        Self { users, poller }
    }

    /// Asserts that all calls reported that the device is gone.
    fn assert_gone(self) {
        for user in self.users {
            assert_eq!(user.result(), Errno::NODEV);
        }
        assert_eq!(self.poller.result(), GONE);
    }
}

/// Asserts that the device computes, and that its memory works.
fn assert_works(device: &Device) {
    let fd = device.open(OFlags::RDWR);
    assert_eq!(write(&fd, &6u32.to_ne_bytes()), Ok(4));
    let mut result = [0; 4];
    assert_eq!(read(&fd, &mut result), Ok(4));
    assert_eq!(u32::from_ne_bytes(result), 720);

    let ram = device.open_ram(OFlags::RDWR);
    assert_eq!(pwrite(&ram, b"still here", 77), Ok(10));
    let mut bytes = [0; 10];
    assert_eq!(pread(&ram, &mut bytes, 77), Ok(10));
    assert_eq!(&bytes, b"still here");
}

/// Removes the device under load, at a different moment of its transfers each time. The long form
/// does this a thousand times in all.
fn cycles(count: u64, go: impl Fn(&Device) -> Duration, come: impl Fn(&Device)) {
    let device = Device::get("edu", 0);
    let node = device.node();
    let mut times = BTreeSet::new();
    for cycle in 0..count {
        let load = Load::start(&device);
        thread::sleep(Duration::from_millis(cycle * 37 % 130));
        times.insert(go(&device));
        load.assert_gone();
        assert!(!node.exists());
        come(&device);
    }
    eprintln!("shortest {:?}, longest {:?}", times.first(), times.last());
    assert_works(&device);
}

#[test]
fn sysfs_unbind_under_load() {
    cycles(effort::choose(6, 400), Device::unbind, Device::bind);
}

#[test]
fn sysfs_remove_under_load() {
    let remove = |device: &Device| {
        let took = device.remove();
        pace::assert_within(took, UNBIND_LIMIT, "remove");
        took
    };
    cycles(effort::choose(4, 400), remove, Device::rescan);
}

#[test]
fn unplug_under_load() {
    cycles(effort::choose(2, 200), Device::unplug, Device::plug);
}

#[test]
fn unplug_with_the_driver_unbound() {
    let device = Device::get("edu", 1);
    device.unbind();
    device.unplug();
    device.plug();
    assert_works(&device);
}

#[test]
fn the_other_device_does_not_care() {
    let (device, other) = (Device::get("edu", 0), Device::get("edu", 1));
    let load = Load::start(&other);
    device.unplug();
    device.plug();
    other.unbind();
    load.assert_gone();
}

/// The machine loses accesses of other CPUs while its memory map changes.
#[test]
fn one_cpu_while_the_memory_map_changes() {
    let device = Device::get("edu", 1);
    let all = online();
    assert_ne!(all, "0", "this machine has one CPU");
    device.remove();
    let (send, comes) = mpsc::channel();
    let sysfs = device.sysfs();
    let watcher = thread::spawn(move || {
        send.send(()).unwrap();
        loop {
            let running = online();
            if sysfs.exists() {
                break running;
            }
        }
    });
    comes.recv().unwrap();
    device.rescan();
    assert_eq!(watcher.join().unwrap(), "0");
    assert_eq!(online(), all);

    drop(OneCpu::take());
    assert_eq!(online(), all);
}
