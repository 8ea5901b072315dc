// SPDX-License-Identifier: GPL-2.0

//! Each allocation and each registration of our driver of an EC's character device fails once: it
//! returns an error, and leaves nothing behind.

use devscope_tests::{
    device::open,
    ec::{self, testec, Cell, Driver, TestEc},
    effort,
    faults::{for_each_failure, for_some_failures, Allocations, Fault, Function},
    traces::Traces,
};
use rustix::{
    fd::OwnedFd,
    fs::OFlags,
    io::{read, write, Errno},
};
use std::path::Path;

const MODULE: &str = "cros_ec_chardev_rust";

/// Both kinds of allocations, one after the other.
const KINDS: [fn() -> Allocations; 2] = [Allocations::of_objects, Allocations::of_pages];

/// A cell that this thread binds and unbinds.
struct Bench {
    ec: TestEc,
    cell: Cell,
    bind: OwnedFd,
    unbind: OwnedFd,
    unbound: Traces,
}

impl Bench {
    /// Unbound.
    fn new() -> Self {
        let ec = TestEc::with(Driver::Devscope);
        let cell = ec.cell("cros_ec");
        let file = |name: &str| {
            let path = format!(
                "/sys/bus/platform/drivers/{}/{name}",
                Driver::Devscope.name()
            );
            open(Path::new(&path), OFlags::WRONLY).expect("a file in sysfs")
        };
        let (bind, unbind) = (file("bind"), file("unbind"));
        cell.unbind();
        let unbound = Traces::now(MODULE, &cell.sysfs());
        Self {
            ec,
            cell,
            bind,
            unbind,
            unbound,
        }
    }

    fn put(&self, file: &OwnedFd) -> Result<(), Errno> {
        write(file, self.cell.name().as_bytes()).map(drop)
    }

    fn assert_unbound(&self, n: u32) {
        assert_eq!(self.cell.driver(), None, "fault {n}");
        assert_eq!(
            Traces::now(MODULE, &self.cell.sysfs()),
            self.unbound,
            "fault {n}"
        );
        // No notifier of ours is on the controller's chain any more.
        let raiser = TestEc::raiser().expect("the controller is bound");
        testec::raise(&raiser, 1, &[1]).expect("an event");
    }

    fn assert_works(&self, n: u32) {
        assert_eq!(self.cell.driver(), Some(Driver::Devscope), "fault {n}");
        assert!(hello(&self.ec.open(OFlags::RDWR)).is_ok(), "fault {n}");
    }

    /// Binds with one fault of `one_of`. A failure must be `error`. Returns the number of failures.
    fn bind_with(&self, fault: &impl Fault, one_of: usize, error: Errno) -> u32 {
        let mut failed = 0;
        let faults = for_some_failures(
            fault,
            one_of,
            || self.put(&self.bind),
            |n, result| {
                match result {
                    Ok(()) => {
                        self.assert_works(n);
                        self.cell.unbind();
                    }
                    Err(e) => {
                        assert_eq!(e, error, "fault {n}");
                        failed += 1;
                    }
                }
                self.assert_unbound(n);
            },
        );
        eprintln!("{failed} of {faults} faults failed bind");
        failed
    }
}

/// Makes a command.
fn hello(fd: &OwnedFd) -> Result<(), Errno> {
    let answer = ec::hello(fd, 7)?;
    assert_eq!(answer, 7 + ec::HELLO_ADDS);
    Ok(())
}

fn enough_or_nothing(n: u32, result: Result<(), Errno>) {
    assert!(
        matches!(result, Ok(()) | Err(Errno::NOMEM)),
        "fault {n}: {result:?}"
    );
}

#[test]
fn allocations_of_bind() {
    let bench = Bench::new();
    let one_of = 3;
    for (fault, least) in KINDS.iter().map(|kind| kind()).zip([15, 0]) {
        let failed = bench.bind_with(&fault, one_of, Errno::NOMEM);
        let least = effort::choose(least / one_of as u32, least);
        assert!(failed >= least, "bind failed {failed} times only");
    }
}

#[test]
fn registrations_of_bind() {
    // An error that no other code returns.
    let fault = Function::returning("devscope_attach_step", -libc::EL2HLT);
    let error = Errno::from_raw_os_error(libc::EL2HLT);
    // The data, the notifier, the node.
    assert_eq!(Bench::new().bind_with(&fault, 1, error), 3);
}

#[test]
fn allocations_of_unbind() {
    let bench = Bench::new();
    for fault in KINDS.iter().map(|kind| kind()) {
        bench.cell.bind(Driver::Devscope);
        let mut refused = 0;
        for_each_failure(
            &fault,
            || bench.put(&bench.unbind),
            |n, result| {
                match result {
                    Ok(()) => {
                        bench.assert_unbound(n);
                        bench.put(&bench.bind).expect("bind");
                    }
                    Err(e) => {
                        assert_eq!(e, Errno::NOMEM, "fault {n}");
                        refused += 1;
                    }
                }
                bench.assert_works(n);
            },
        );
        // The failure in sysfs, of the buffer for the write.
        assert!(refused <= 1, "{refused} times");
    }
}

#[test]
fn allocations_of_open() {
    let ec = TestEc::with(Driver::Devscope);
    let node = ec.cell("cros_ec").node().to_owned();
    for fault in KINDS.iter().map(|kind| kind()) {
        let mut failed = 0;
        for_each_failure(
            &fault,
            || open(&node, OFlags::RDWR),
            |n, result| match result {
                Ok(fd) => hello(&fd).expect("hello"),
                Err(e) => {
                    assert_eq!(e, Errno::NOMEM, "fault {n}");
                    failed += 1;
                }
            },
        );
        eprintln!("open failed {failed} times");
    }
}

#[test]
fn allocations_of_calls() {
    let ec = TestEc::with(Driver::Devscope);
    let fd = ec.open(OFlags::RDWR);
    for fault in KINDS.iter().map(|kind| kind()) {
        for_each_failure(&fault, || hello(&fd), enough_or_nothing);
        for_each_failure(
            &fault,
            || ec::read_memory(&fd, 0, 16).map(drop),
            enough_or_nothing,
        );
        let version = ec.open(OFlags::RDWR);
        let mut text = [0; 128];
        for_each_failure(
            &fault,
            || read(&version, &mut text).map(drop),
            enough_or_nothing,
        );
    }
}

/// An event is lost if its allocation fails, and the next one is delivered.
#[test]
fn allocations_of_events() {
    let ec = TestEc::with(Driver::Devscope);
    let raiser = TestEc::raiser().expect("the controller is bound");
    let mut lost = 0;
    for fault in KINDS.iter().map(|kind| kind()) {
        let fd = ec.open(OFlags::RDWR | OFlags::NONBLOCK);
        ec::set_event_mask(&fd, usize::MAX).expect("mask");
        for_each_failure(
            &fault,
            || write(&raiser, &[1, 2, 3]).map(drop),
            |n, _| {
                let mut event = [0; 32];
                match read(&fd, &mut event) {
                    Ok(len) => assert_eq!(event[..len], [1, 2, 3], "fault {n}"),
                    Err(e) => {
                        assert_eq!(e, Errno::AGAIN, "fault {n}");
                        lost += 1;
                    }
                }
                testec::raise(&raiser, 4, &[]).expect("an event");
                assert_eq!(read(&fd, &mut event), Ok(1), "fault {n}");
            },
        );
    }
    eprintln!("{lost} events lost");
}
