// SPDX-License-Identifier: GPL-2.0

//! C drivers of the kernel with two calls replaced (`tests/c-drivers`) are unplugged repeatedly,
//! under clients that make all calls all the time, or sleep in one.

use devscope_tests::{
    converted::{Driver, Form, Rig},
    device::open,
    effort::choose,
    events::poll_for,
    mapped::Mapped,
    sleeper::Sleeper,
    wait_until, HANG,
};
use rustix::{
    event::PollFlags,
    fd::OwnedFd,
    fs::OFlags,
    io::{ioctl_fionread, read, write, Errno},
};
use std::{
    sync::{
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
        Arc,
    },
    thread,
    time::Duration,
};

/// The errors that a driver may return for an unknown or unsupported call.
const SAID: [Errno; 6] = [
    Errno::AGAIN,
    Errno::INVAL,
    Errno::IO,
    Errno::NOTTY,
    Errno::NXIO,
    Errno::OPNOTSUPP,
];

/// Makes each call on `file` until one reports that the device is gone, and then each once more.
/// Reads sleep unless the file is `O_NONBLOCK`.
fn use_up(file: &OwnedFd) {
    let is_over = |what, result: Result<u64, Errno>| match result {
        Ok(_) => false,
        Err(Errno::NODEV) => true,
        Err(other) => {
            assert!(SAID.contains(&other), "{what}: {other:?}");
            false
        }
    };
    let read_is_over = || is_over("read", read(file, &mut [0; 64]).map(|count| count as u64));
    loop {
        poll_for(file, PollFlags::IN, Duration::from_millis(1));
        if let Ok(mapped) = Mapped::of(file, 0, 1) {
            let word = mapped.load(0);
            assert!(matches!(word, Ok(_) | Err(Errno::FAULT)), "{word:?}");
        }
        if is_over("write", write(file, b"").map(|count| count as u64))
            || is_over("ioctl", ioctl_fionread(file))
            || read_is_over()
        {
            break;
        }
    }
    assert!(read_is_over());
}

/// The counts of clients.
#[derive(Default)]
struct Clients {
    over: AtomicBool,
    opened: AtomicU32,
    used_up: AtomicU32,
}

impl Clients {
    /// The number of their open files.
    fn files(&self) -> u32 {
        // In this order: a file is used up after it was opened.
        let used_up = self.used_up.load(SeqCst);
        self.opened.load(SeqCst) - used_up
    }
}

/// Runs a client.
fn client(driver: Driver, flags: OFlags, clients: &Clients) {
    while !clients.over.load(SeqCst) {
        let Some(node) = driver.node() else {
            thread::yield_now();
            continue;
        };
        match open(&node, flags) {
            Ok(file) => {
                clients.opened.fetch_add(1, SeqCst);
                use_up(&file);
                clients.used_up.fetch_add(1, SeqCst);
            }
            // Some drivers allow only one open file.
            Err(Errno::BUSY) => thread::sleep(Duration::from_millis(5)),
            // uio.c returns EINVAL for a device that was just removed.
            Err(Errno::NOENT | Errno::NODEV | Errno::NXIO | Errno::INVAL) => {}
            Err(error) => panic!("open: {error}"),
        }
    }
}

fn storm(driver: Driver) {
    let rig = Rig::new(driver, Form::After);
    let clients = Arc::new(Clients::default());
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let clients = clients.clone();
            let flags = match number % 2 {
                0 => OFlags::RDWR,
                _ => OFlags::RDWR | OFlags::NONBLOCK,
            };
            Sleeper::start("a client", move || client(driver, flags, &clients))
        })
        .collect();
    for cycle in 0..choose(5, 500) {
        let some = wait_until(HANG, || clients.files() > 0);
        assert!(some, "nobody opens it, cycle {cycle}");
        // Gives the clients time to be inside, or to sleep.
        thread::sleep(Duration::from_millis(20));
        rig.unplug_slowly();
        let none = wait_until(HANG, || clients.files() == 0);
        assert!(none, "somebody goes on, cycle {cycle}");
        rig.plug();
        rig.node();
    }
    clients.over.store(true, SeqCst);
    rig.unplug_slowly();
    for thread in threads {
        thread.result();
    }
    rig.plug();
}

#[test]
fn cros_ec() {
    storm(Driver::CrosEc);
}

#[test]
fn i2c() {
    storm(Driver::I2c);
}

#[test]
fn kcs() {
    storm(Driver::Kcs);
}

#[test]
fn serio() {
    storm(Driver::Serio);
}

#[test]
fn uio() {
    storm(Driver::Uio);
}
