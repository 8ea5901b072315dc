// SPDX-License-Identifier: GPL-2.0

//! C drivers of the kernel before and after two calls are replaced (`tests/c-drivers`): the effects
//! of an unplug on callers that sleep in them, poll them, have them open or mapped. The table in
//! `Documentation/c-drivers.rst` has to agree.

use devscope_tests::{
    child::{Child, End},
    converted::{Driver, Form, Rig},
    device::open,
    ec::{diff::assert_no_difference, set_event_mask, Driver as EcDriver},
    effort::choose,
    events::{poll_for, poll_now, GONE},
    mapped::Mapped,
    pace,
    proc::calls,
    sleeper::{wait_all_asleep, Sleeper},
    wait_until, FOR_EVER, HANG, UNBIND_LIMIT,
};
use rustix::{
    event::PollFlags,
    fd::{AsFd, AsRawFd, OwnedFd},
    fs::OFlags,
    io::{read, write, Errno, Result},
};
use std::{sync::Arc, time::Duration};

const PAGE: &str = include_str!("../../../Documentation/c-drivers.rst");

/// An outcome that causes a kernel report, so this test skips it: `make test TESTS=mistakes` tests
/// it.
const USE_AFTER_FREE: &str = "use after free";

/// How long unplug and the callers that it wakes may take. The kernel reports tasks that hang for a
/// minute.
fn soon() -> Duration {
    pace::stretched(Duration::from_millis(500)).min(Duration::from_secs(10))
}

/// A way to use a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Client {
    Reader,
    Poller,
    File,
    Mapping,
}

impl Client {
    /// Its name on the page.
    fn name(self) -> &'static str {
        match self {
            Self::Reader => "sleeping reader",
            Self::Poller => "sleeping poller",
            Self::File => "open file",
            Self::Mapping => "mapping",
        }
    }
}

/// The cells of the page's table for a driver and one of its clients: before and after.
fn said(driver: Driver, client: Client) -> [&'static str; 2] {
    let mut rows = PAGE.lines().map(|line| {
        let cells = line.split("  ").map(str::trim);
        cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>()
    });
    let source = format!("``{}``", driver.source());
    let row = rows.find(|row| row.len() == 4 && row[0] == source && row[1] == client.name());
    let row = row.unwrap_or_else(|| panic!("no row of {driver:?} and a {}", client.name()));
    [row[2], row[3]]
}

fn open_for(rig: &Rig, flags: OFlags) -> OwnedFd {
    let file = rig.open(flags);
    if rig.ec.is_some() {
        set_event_mask(&file, usize::MAX).expect("event mask");
    }
    file
}

/// Unplugs the device. Returns whether this blocks until `let_go`.
fn unplug(rig: &Rig, let_go: impl FnOnce()) -> bool {
    let unplug = rig.start_unplug();
    let held_up = !wait_until(soon(), || unplug.is_done());
    if held_up {
        let_go();
    }
    assert!(unplug.result());
    held_up
}

/// The outcome for a process that sleeps in one of `calls`. `done` translates its exit code.
fn of_sleeper(
    rig: &Rig,
    calls: &[libc::c_long],
    call: impl FnOnce(OwnedFd) -> i32,
    done: impl FnOnce(i32) -> String,
) -> String {
    let file = open_for(rig, OFlags::RDWR);
    let child = Child::fork(move || call(file));
    child.wait_asleep(calls);
    if unplug(rig, || child.signal(libc::SIGKILL)) {
        return "holds unplug up".to_owned();
    }
    // Nothing will wake it.
    if !wait_until(soon(), || !child.is_asleep(calls)) {
        return "is not woken".to_owned();
    }
    match child.wait() {
        End::Exit(code) => done(code),
        End::Signal(signal) => panic!("signal {signal}"),
    }
}

fn error(errno: Errno) -> String {
    match errno {
        Errno::NODEV => "``ENODEV``".to_owned(),
        Errno::IO => "``EIO``".to_owned(),
        other => format!("{other:?}"),
    }
}

/// The outcome of an unplug, in the words of the page.
fn outcome(driver: Driver, form: Form, client: Client) -> String {
    let rig = Rig::new(driver, form);
    match client {
        Client::Reader => {
            let call = |file| read(file, &mut [0; 4]).map_or_else(|e| e.raw_os_error(), |_| 0);
            let done = |code| error(Errno::from_raw_os_error(code));
            of_sleeper(&rig, calls::READ, call, done)
        }
        Client::Poller => {
            let call = |file| i32::from(poll_for(file, PollFlags::IN, FOR_EVER).bits());
            let done = |code: i32| {
                let found = PollFlags::from_bits_retain(code as u16);
                let names = [(PollFlags::HUP, "EPOLLHUP"), (PollFlags::ERR, "EPOLLERR")];
                let names = names.iter().filter(|(flag, _)| found.contains(*flag));
                let names: Vec<_> = names.map(|(_, name)| *name).collect();
                format!("``{}``", names.join(" | "))
            };
            of_sleeper(&rig, calls::POLL, call, done)
        }
        Client::File => {
            let mut file = Some(open_for(&rig, OFlags::RDWR | OFlags::NONBLOCK));
            if unplug(&rig, || file = None) {
                return "holds unplug up".to_owned();
            }
            match read(file.expect("a file"), &mut [0; 4]) {
                Ok(count) => format!("{count} bytes"),
                Err(errno) => error(errno),
            }
        }
        Client::Mapping => {
            let file = rig.open(OFlags::RDWR);
            let mapped = Mapped::of(&file, 0, 1).expect("mmap");
            assert_eq!(mapped.load(0), Ok(7));
            assert!(!unplug(&rig, || ()));
            match mapped.load(0) {
                Ok(7) => "can be read".to_owned(),
                Err(Errno::FAULT) => "``SIGBUS``".to_owned(),
                other => format!("{other:?}"),
            }
        }
    }
}

/// Asserts that the page agrees with the outcome. With "or", it is one of two.
fn assert_said(driver: Driver, clients: &[Client]) {
    for &client in clients {
        for (form, said) in [Form::Before, Form::After]
            .into_iter()
            .zip(said(driver, client))
        {
            if said == USE_AFTER_FREE {
                continue;
            }
            let seen = outcome(driver, form, client);
            eprintln!("{}, {}, {form:?}: {seen}", driver.source(), client.name());
            assert!(
                said.split(" or ").any(|said| said == seen),
                "{driver:?}, {client:?}, {form:?}: {seen}, and the page says {said}"
            );
        }
    }
}

#[test]
fn cros_ec() {
    assert_said(
        Driver::CrosEc,
        &[Client::Reader, Client::Poller, Client::File],
    );
}

#[test]
fn i2c() {
    assert_said(Driver::I2c, &[Client::File]);
}

#[test]
fn kcs() {
    assert_said(Driver::Kcs, &[Client::Reader, Client::Poller, Client::File]);
}

#[test]
fn serio() {
    assert_said(
        Driver::Serio,
        &[Client::Reader, Client::Poller, Client::File],
    );
}

#[test]
fn uio() {
    assert_said(
        Driver::Uio,
        &[
            Client::Reader,
            Client::Poller,
            Client::File,
            Client::Mapping,
        ],
    );
}

#[test]
fn ec_readers_and_pollers() {
    let rig = Rig::new(Driver::CrosEc, Form::After);
    for _ in 0..choose(2, 100) {
        let listener = || Arc::new(open_for(&rig, OFlags::RDWR));
        let files: Vec<_> = (0..8).map(|_| listener()).collect();
        let readers: Vec<_> = files
            .iter()
            .cloned()
            .map(|file| Sleeper::start("a reader", move || read(file, &mut [0; 32])))
            .collect();
        wait_all_asleep(&readers, calls::READ);
        let watched = files[0].clone();
        let poller = Sleeper::asleep("a poller", calls::POLL, move || {
            poll_for(watched, PollFlags::IN, FOR_EVER)
        });
        rig.unplug();
        for reader in readers {
            assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        }
        assert_eq!(poller.result_within(UNBIND_LIMIT), GONE);
        rig.plug();
        rig.node();
        assert_eq!(poll_now(&files[0], PollFlags::IN), GONE);
    }
}

#[test]
fn ec_calls_are_answered_as_before() {
    assert_no_difference(EcDriver::Fenced, choose(100, 5000));
}

/// `I2C_SLAVE`, and a byte of the device by `I2C_SMBUS`.
fn i2c_byte(adapter: &OwnedFd, command: u8) -> Result<u8> {
    #[repr(C)]
    struct Transfer {
        read: u8,
        command: u8,
        size: u32,
        data: *mut [u8; 34],
    }
    let mut data = [0; 34];
    let mut transfer = Transfer {
        read: 1,
        command,
        size: 2,
        data: &mut data,
    };
    let fd = adapter.as_fd().as_raw_fd();
    // SAFETY: The argument of the first is an address on the bus. That of the second is a
    // `struct i2c_smbus_ioctl_data`, with room for the largest answer.
    let done = unsafe {
        libc::ioctl(fd, 0x0703, 0x50) == 0 && libc::ioctl(fd, 0x0720, &raw mut transfer) == 0
    };
    match done {
        true => Ok(data[0]),
        false => Err(Errno::from_io_error(&std::io::Error::last_os_error()).expect("an errno")),
    }
}

/// Before, a file can still use the adapter after its removal from the bus, and blocks the removal.
#[test]
fn i2c_transfers() {
    let rig = Rig::new(Driver::I2c, Form::Before);
    let file = rig.open(OFlags::RDWR);
    assert_eq!(i2c_byte(&file, 7), Ok(7));
    let unplug = rig.start_unplug();
    unplug.wait_asleep(calls::WRITE);
    assert_eq!(i2c_byte(&file, 8), Ok(8));
    drop(file);
    assert!(unplug.result());
    drop(rig);
    let rig = Rig::new(Driver::I2c, Form::After);
    for _ in 0..choose(5, 500) {
        let file = rig.open(OFlags::RDWR);
        assert_eq!(i2c_byte(&file, 7), Ok(7));
        rig.unplug();
        assert_eq!(i2c_byte(&file, 8), Err(Errno::NODEV));
        assert_eq!(write(&file, b"word"), Err(Errno::NODEV));
        rig.plug();
        assert_eq!(i2c_byte(&file, 8), Err(Errno::NODEV));
    }
}

/// The driver returns EAGAIN for each interruption.
#[test]
fn kcs_readers() {
    let rig = Rig::new(Driver::Kcs, Form::After);
    for _ in 0..choose(5, 500) {
        // The driver allows one open file.
        let file = Arc::new(rig.open(OFlags::RDWR));
        let start = |_| {
            let file = file.clone();
            Sleeper::start("a reader", move || read(file, &mut [0; 64]))
        };
        let readers: Vec<_> = (0..4).map(start).collect();
        wait_all_asleep(&readers, calls::READ);
        rig.unplug();
        for reader in readers {
            assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        }
        rig.plug();
        assert_eq!(write(&file, b"answer"), Err(Errno::NODEV));
    }
}

#[test]
fn kcs_is_released_by_the_end_of_a_process() {
    let rig = Rig::new(Driver::Kcs, Form::After);
    let file = rig.open(OFlags::RDWR);
    let reader = Child::fork(move || read(&file, &mut [0; 64]).is_ok().into());
    reader.wait_asleep(calls::READ);
    reader.signal(libc::SIGKILL);
    drop(reader);
    // It can be opened again.
    assert!(wait_until(HANG, || open(&rig.node(), OFlags::RDWR).is_ok()));
    rig.unplug();
    rig.plug();
}
