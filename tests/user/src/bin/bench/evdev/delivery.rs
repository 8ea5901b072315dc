// SPDX-License-Identifier: GPL-2.0

//! The cost of delivering an event to all clients: a packet of two, as a mouse sends it.

use super::{
    drain,
    ioctls::{GRAB, SET_MASK},
    waiter::{Urgency, Waiter},
    Subject, EVENTS_LIMIT,
};
use crate::{
    clock::{median, now},
    table::{Line, Table},
};
use devscope_tests::{
    pages::{ioctl_number, Pages},
    signal::{handle, Then},
};
use rustix::{
    fd::{AsRawFd, OwnedFd},
    fs::{fcntl_getfl, fcntl_setfl, OFlags},
    process::getpid,
};

/// How many packets are sent at a time: fewer than fit into a client's buffer.
const PACKETS: u64 = 100;
/// All types of events but `EV_REL`.
const NOT_REL: u64 = !(1 << 2);

pub fn table(it: &Subject) -> Table {
    let lines = vec![
        Line::new("nobody has the node open", event(it, 0, |_| ())),
        Line::new("1 client", event(it, 1, |_| ())),
        Line::new("4 clients", event(it, 4, |_| ())),
        Line::new("16 clients", event(it, 16, |_| ())),
        Line::new("16 clients, 1 has grabbed the device", event(it, 16, grab)),
        Line::new("16 clients, all mask the event", event(it, 16, mask)),
        Line::new("1 client with O_ASYNC", event(it, 1, asynchronous)),
        Line::new(
            "1 client asleep in read, its waking included",
            waking(it, Waiter::reader(it, Urgency::Normal)),
        ),
        Line::new(
            "1 client asleep in poll, its waking included",
            waking(it, Waiter::poller(it)),
        ),
        Line::new(
            "... from the device's write() until read() is back",
            until_read(it),
        ),
    ];
    let title = "Instructions of an event: EV_REL and SYN_REPORT, delivered";
    Table::new(title, 1, lines).limit(EVENTS_LIMIT)
}

/// The instructions of a packet that `count` clients get. `prepare` sets them up.
fn event(it: &Subject, count: usize, prepare: impl Fn(&[OwnedFd])) -> f64 {
    let (clients, burster) = (it.clients(count), it.burster());
    prepare(&clients);
    let round = || {
        clients.iter().for_each(drain);
        burster.send(PACKETS).expect("testinput/burst");
        burster.took().expect("testinput/burst")
    };
    median(round) / PACKETS as f64
}

fn grab(clients: &[OwnedFd]) {
    ioctl_number(&clients[0], GRAB, 1).expect("EVIOCGRAB");
}

fn mask(clients: &[OwnedFd]) {
    let memory = Pages::fresh(1);
    memory.set(64, &NOT_REL.to_ne_bytes());
    memory.set(4, &size_of::<u64>().to_ne_bytes()[..4]);
    memory.set(8, &(memory.addr() as u64 + 64).to_ne_bytes());
    for client in clients {
        memory.ioctl(client, SET_MASK, 0).expect("EVIOCSMASK");
    }
}

fn asynchronous(clients: &[OwnedFd]) {
    handle(libc::SIGIO, Then::Restart);
    for client in clients {
        let pid = getpid().as_raw_nonzero().get();
        // SAFETY: The argument is a number.
        let owned = unsafe { libc::fcntl(client.as_raw_fd(), libc::F_SETOWN, pid) };
        assert_eq!(owned, 0, "F_SETOWN");
        let flags = fcntl_getfl(client).expect("F_GETFL");
        let flags = flags | OFlags::from_bits_retain(libc::O_ASYNC as u32);
        fcntl_setfl(client, flags).expect("F_SETFL");
    }
}

/// The instructions of a packet that wakes a client, until the device's call returns.
fn waking(it: &Subject, waiter: Waiter) -> f64 {
    let burster = it.burster();
    let cost = median(|| {
        waiter.wait_asleep();
        burster.send(1).expect("testinput/burst");
        burster.took().expect("testinput/burst")
    });
    waiter.end();
    cost
}

/// The instructions from the write() that sends a packet until its reader, which has a higher
/// priority, has it.
fn until_read(it: &Subject) -> f64 {
    let (waiter, burster) = (Waiter::reader(it, Urgency::RealTime), it.burster());
    let cost = median(|| {
        waiter.wait_asleep();
        let start = now();
        burster.send(1).expect("testinput/burst");
        waiter
            .had()
            .checked_sub(start)
            .expect("the reader was first")
    });
    waiter.end();
    cost
}
