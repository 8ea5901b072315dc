// SPDX-License-Identifier: GPL-2.0

//! Each allocation and each registration fails once: the driver returns an error, and leaves
//! nothing behind.

use devscope_tests::{
    device::{open, Device},
    edu, effort,
    faults::{for_each_failure, for_some_failures, Allocations, Fault, Function},
    testdev,
    traces::Traces,
};
use rustix::{
    event::epoll::{self, EventData, EventFlags},
    fd::OwnedFd,
    fs::OFlags,
    io::{read, write, Errno},
};
use std::path::Path;

const DRIVERS: [&str; 2] = ["testdev", "edu"];

/// Both kinds of allocations, one after the other.
const KINDS: [fn() -> Allocations; 2] = [Allocations::of_objects, Allocations::of_pages];

/// Calls `test` for each driver and each kind of allocations.
fn for_all(mut test: impl FnMut(&'static str, &Allocations)) {
    for driver in DRIVERS {
        for kind in KINDS {
            test(driver, &kind());
        }
    }
}

/// A device whose driver this thread binds and unbinds.
struct Bench {
    driver: &'static str,
    device: Device,
    bind: OwnedFd,
    unbind: OwnedFd,
    unbound: Traces,
}

impl Bench {
    /// Unbound.
    fn new(driver: &'static str) -> Self {
        let device = Device::get(driver, 0);
        let file = |name: &str| {
            let path = format!("/sys/bus/pci/drivers/{driver}/{name}");
            open(Path::new(&path), OFlags::WRONLY).expect("a file in sysfs")
        };
        let (bind, unbind) = (file("bind"), file("unbind"));
        device.unbind();
        let unbound = Traces::now(driver, &device.sysfs());
        Self {
            driver,
            device,
            bind,
            unbind,
            unbound,
        }
    }

    fn put(&self, file: &OwnedFd) -> Result<(), Errno> {
        write(file, self.device.addr().as_bytes()).map(drop)
    }

    fn assert_unbound(&self, n: u32) {
        assert!(!self.device.is_bound(), "fault {n}");
        let now = Traces::now(self.driver, &self.device.sysfs());
        assert_eq!(now, self.unbound, "fault {n}");
    }

    fn assert_works(&self, n: u32) {
        assert!(self.device.is_bound(), "fault {n}");
        use_it(self.driver, &self.device.open(OFlags::RDWR));
    }

    /// Binds with one fault of `one_of`. A failure must be one of `errors`. Returns the number of
    /// failures.
    fn bind_with(&self, fault: &impl Fault, one_of: usize, errors: &[Errno]) -> u32 {
        let mut failed = 0;
        let faults = for_some_failures(
            fault,
            one_of,
            || self.put(&self.bind),
            |n, result| {
                match result {
                    Ok(()) => {
                        self.assert_works(n);
                        self.device.unbind();
                    }
                    Err(e) => {
                        assert!(errors.contains(&e), "fault {n}: {e}");
                        failed += 1;
                    }
                }
                self.assert_unbound(n);
            },
        );
        eprintln!("{}: {failed} of {faults} faults failed bind", self.driver);
        self.device.bind();
        self.assert_works(0);
        failed
    }
}

fn use_it(driver: &str, fd: &OwnedFd) {
    match driver {
        "edu" => assert_eq!(edu::alive(fd, 7), Ok(!7)),
        _ => assert_eq!(testdev::echo(fd, &mut [7; 64]), Ok(())),
    }
}

#[test]
fn objects_of_bind() {
    let fault = Allocations::of_objects();
    for (driver, least) in [("testdev", 40), ("edu", 25)] {
        // The kernel crate returns EBUSY for each error of pci_request_region(), and the PCI core
        // ENODEV or ENOSPC if it gets no memory for message-signalled interrupts.
        let errors = [Errno::NOMEM, Errno::BUSY, Errno::NODEV, Errno::NOSPC];
        let one_of = 8;
        let failed = Bench::new(driver).bind_with(&fault, one_of, &errors);
        assert!(
            failed >= effort::choose(least / one_of as u32, least),
            "{driver}: bind failed {failed} times only"
        );
    }
}

#[test]
fn pages_of_bind() {
    let fault = Allocations::of_pages();
    for driver in DRIVERS {
        Bench::new(driver).bind_with(&fault, 1, &[Errno::NOMEM]);
    }
}

#[test]
fn registrations_of_bind() {
    // An error that no other code returns.
    let fault = Function::returning("devscope_attach_step", -libc::EL2HLT);
    let error = Errno::from_raw_os_error(libc::EL2HLT);
    for (driver, least) in [("testdev", 6), ("edu", 8)] {
        let failed = Bench::new(driver).bind_with(&fault, 1, &[error]);
        assert!(failed >= least, "{driver}: bind failed {failed} times only");
    }
}

#[test]
fn allocations_of_unbind() {
    for_all(|driver, fault| {
        let bench = Bench::new(driver);
        bench.device.bind();
        let mut refused = 0;
        let faults = for_some_failures(
            fault,
            8,
            || bench.put(&bench.unbind),
            |n, result| {
                match result {
                    Ok(()) => {
                        bench.assert_unbound(n);
                        bench.device.bind();
                    }
                    Err(e) => {
                        assert_eq!(e, Errno::NOMEM, "fault {n}");
                        refused += 1;
                    }
                }
                bench.assert_works(n);
            },
        );
        eprintln!("{driver}: {refused} of {faults} faults refused unbind");
        // The failure in sysfs, of the buffer for the write, before the driver is called. No later
        // failure can stop unbind.
        assert!(refused <= 1, "{driver}: {refused} times");
    });
}

#[test]
fn allocations_of_open() {
    for_all(|driver, fault| {
        let device = Device::get(driver, 0);
        let node = device.node();
        let mut failed = 0;
        for_each_failure(
            fault,
            || open(&node, OFlags::RDWR | OFlags::NONBLOCK),
            |n, result| match result {
                Ok(fd) => use_it(driver, &fd),
                Err(e) => {
                    assert_eq!(e, Errno::NOMEM, "fault {n}");
                    failed += 1;
                }
            },
        );
        eprintln!("{driver}: open failed {failed} times");
        device.unbind();
    });
}

#[test]
fn open_that_fails_leaves_no_file() {
    let fault = Allocations::of_objects();
    let device = Device::get("testdev", 0);
    let node = device.node();
    let count = device.open(OFlags::RDWR);
    let open_files = || {
        let stats = testdev::stats(&count).expect("the counts");
        (stats.opens - stats.drops, stats.opens - stats.disconnects)
    };
    assert_eq!(open_files(), (1, 1));
    let mut failed = 0;
    for_each_failure(
        &fault,
        || open(&node, OFlags::RDWR).map(drop),
        |n, result| {
            failed += u32::from(result.is_err());
            assert_eq!(open_files(), (1, 1), "fault {n}");
        },
    );
    // The name, the file, and the driver's part of it.
    assert!(failed >= 3, "open failed {failed} times only");
}

#[test]
fn allocations_of_read_and_write() {
    const DATA: [u8; 8] = *b"datadata";
    let device = Device::get("testdev", 0);
    let fd = device.open_empty();
    let take = || {
        let mut bytes = [0; 16];
        read(&fd, &mut bytes).map(|len| bytes[..len].to_vec())
    };
    for fault in KINDS.iter().map(|kind| kind()) {
        for_each_failure(
            &fault,
            || write(&fd, &DATA),
            |n, result| match result {
                Ok(len) => assert_eq!((len, take()), (8, Ok(DATA.to_vec())), "fault {n}"),
                Err(e) => assert_eq!((e, take()), (Errno::NOMEM, Err(Errno::AGAIN)), "fault {n}"),
            },
        );
        assert_eq!(write(&fd, &DATA), Ok(8));
        for_each_failure(
            &fault,
            || {
                let mut bytes = [0; 8];
                read(&fd, &mut bytes).map(|len| (len, bytes))
            },
            |n, result| match result {
                Ok(got) => {
                    assert_eq!(got, (8, DATA), "fault {n}");
                    assert_eq!(write(&fd, &DATA), Ok(8));
                }
                Err(e) => assert_eq!(e, Errno::NOMEM, "fault {n}"),
            },
        );
        assert_eq!(take(), Ok(DATA.to_vec()));
    }
}

#[test]
fn allocations_of_ioctls() {
    let (testdev, edu) = (Device::get("testdev", 0), Device::get("edu", 0));
    let (fd, edu_fd) = (testdev.open(OFlags::RDWR), edu.open(OFlags::RDWR));
    for fault in KINDS.iter().map(|kind| kind()) {
        let check = |n, result| assert!(matches!(result, Ok(()) | Err(Errno::NOMEM)), "fault {n}");
        for_each_failure(&fault, || testdev::echo(&fd, &mut [7; 64]), check);
        for_each_failure(&fault, || testdev::stats(&fd).map(drop), check);
        for_each_failure(&fault, || testdev::work(&fd, 1), check);
        for_each_failure(&fault, || edu::ident(&edu_fd).map(drop), check);
        for_each_failure(&fault, || edu::alive(&edu_fd, 7).map(drop), check);
    }
}

#[test]
fn allocations_of_epoll() {
    let fault = Allocations::of_objects();
    for driver in DRIVERS {
        let device = Device::get(driver, 0);
        let fd = device.open(OFlags::RDWR);
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).expect("epoll_create");
        let mut failed = 0;
        for_each_failure(
            &fault,
            || epoll::add(&epoll, &fd, EventData::new_u64(0), EventFlags::IN),
            |n, result| match result {
                Ok(()) => epoll::delete(&epoll, &fd).expect("epoll_ctl"),
                Err(e) => {
                    assert_eq!(e, Errno::NOMEM, "fault {n}");
                    failed += 1;
                }
            },
        );
        // The entry of epoll, and that of the wait queue.
        assert!(
            failed >= 2,
            "{driver}: epoll_ctl failed {failed} times only"
        );
        device.unbind();
    }
}
