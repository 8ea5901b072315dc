// SPDX-License-Identifier: GPL-2.0

//! The kernel's own drivers before two calls are swapped (`tests/c-drivers`), and after: what an
//! unplug does with those who sleep in them, poll them or have them open.

use devscope_tests::{
    child::Child,
    device::open,
    ec::{diff::assert_no_difference, set_event_mask, Driver, TestEc},
    effort::choose,
    events::{poll_for, poll_now, GONE},
    module::Loaded,
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
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// A platform device that a driver is bound to, by its name.
struct Device(&'static str);

impl Device {
    /// Has a thread write to `bind` or `unbind` of the driver.
    fn write(&self, file: &str) -> Sleeper<bool> {
        let path = format!("/sys/bus/platform/drivers/{}/{file}", self.0);
        let name = format!("{}.0", self.0);
        Sleeper::start("a write to sysfs", move || fs::write(path, name).is_ok())
    }

    /// Unbinds, which must succeed soon.
    fn unbind(&self) {
        let start = Instant::now();
        assert!(self.write("unbind").result());
        pace::assert_within(start.elapsed(), UNBIND_LIMIT, "unbind");
    }

    fn bind(&self) {
        assert!(self.write("bind").result());
    }
}

/// Opens a node, which is there soon.
fn node(path: &Path) -> OwnedFd {
    assert!(wait_until(HANG, || path.exists()), "{}", path.display());
    open(path, OFlags::RDWR).unwrap_or_else(|e| panic!("open {}: {e}", path.display()))
}

#[test]
fn ec_readers_and_pollers() {
    let ec = TestEc::with_one_node(Driver::Fenced);
    for _ in 0..choose(2, 100) {
        let listener = || {
            let file = ec.open(OFlags::RDWR);
            set_event_mask(&file, usize::MAX).expect("event mask");
            Arc::new(file)
        };
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
        let cell = ec.cell("cros_ec");
        let (result, took) = cell.try_unbind();
        assert_eq!(result, Ok(()));
        pace::assert_within(took, UNBIND_LIMIT, "unbind");
        for reader in readers {
            assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        }
        assert_eq!(poller.result_within(UNBIND_LIMIT), GONE);
        assert_eq!(cell.try_bind().0, Ok(()));
        ec.wait_for_nodes();
        assert_eq!(poll_now(&files[0], PollFlags::IN), GONE);
    }
}

#[test]
fn ec_calls_are_answered_as_before() {
    assert_no_difference(Driver::Fenced, choose(100, 5000));
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
    // SAFETY: The first has an address on the bus for an argument, the second is as
    // `struct i2c_smbus_ioctl_data` has it, with room for the largest answer.
    let done = unsafe {
        libc::ioctl(fd, 0x0703, 0x50) == 0 && libc::ioctl(fd, 0x0720, &raw mut transfer) == 0
    };
    match done {
        true => Ok(data[0]),
        false => Err(Errno::from_io_error(&std::io::Error::last_os_error()).expect("an errno")),
    }
}

/// The node of the adapter that the test has made.
fn adapter() -> PathBuf {
    let parent = Path::new("/sys/devices/platform/testi2c.0");
    let mut name = None;
    wait_until(HANG, || {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        name = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .find(|name| name.starts_with("i2c-"));
        name.is_some()
    });
    Path::new("/dev").join(name.expect("an adapter"))
}

#[test]
fn i2c_before_waits_for_the_file() {
    let _modules = Loaded::new(&["i2c_dev", "testi2c"]);
    let device = Device("testi2c");
    let file = node(&adapter());
    assert_eq!(i2c_byte(&file, 7), Ok(7));
    let unbind = device.write("unbind");
    unbind.wait_asleep(calls::WRITE);
    assert!(!wait_until(Duration::from_millis(300), || unbind.is_done()));
    // It uses what is gone from the bus.
    assert_eq!(i2c_byte(&file, 8), Ok(8));
    drop(file);
    assert!(unbind.result());
    device.bind();
}

#[test]
fn i2c_after_does_not() {
    let _modules = Loaded::new(&["i2c_dev_sync", "testi2c"]);
    let device = Device("testi2c");
    for _ in 0..choose(5, 500) {
        let file = node(&adapter());
        assert_eq!(i2c_byte(&file, 7), Ok(7));
        device.unbind();
        assert_eq!(i2c_byte(&file, 8), Err(Errno::NODEV));
        assert_eq!(read(&file, &mut [0; 4]), Err(Errno::NODEV));
        assert_eq!(write(&file, b"word"), Err(Errno::NODEV));
        device.bind();
        assert_eq!(i2c_byte(&file, 8), Err(Errno::NODEV));
    }
}

#[test]
fn kcs_after() {
    // Before, the file has a pointer to memory that is free.
    let _modules = Loaded::new(&["testkcs", "kcs_bmc_cdev_ipmi_sync"]);
    let device = Device("testkcs");
    for _ in 0..choose(5, 500) {
        // One may have it open.
        let file = Arc::new(node(Path::new("/dev/ipmi-kcs1")));
        let start = |_| {
            let file = file.clone();
            Sleeper::start("a reader", move || read(file, &mut [0; 64]))
        };
        let readers: Vec<_> = (0..4).map(start).collect();
        wait_all_asleep(&readers, calls::READ);
        let watched = file.clone();
        let poller = Sleeper::asleep("a poller", calls::POLL, move || {
            poll_for(watched, PollFlags::IN, FOR_EVER)
        });
        device.unbind();
        for reader in readers {
            // The driver makes EAGAIN of every interruption.
            assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        }
        assert_eq!(poller.result_within(UNBIND_LIMIT), GONE);
        device.bind();
        assert_eq!(write(&file, b"answer"), Err(Errno::NODEV));
    }
}

#[test]
fn kcs_is_released_by_the_end_of_a_process() {
    let _modules = Loaded::new(&["testkcs", "kcs_bmc_cdev_ipmi_sync"]);
    let device = Device("testkcs");
    let path = Path::new("/dev/ipmi-kcs1");
    let file = node(path);
    let reader = Child::fork(move || read(&file, &mut [0; 64]).is_ok().into());
    reader.wait_asleep(calls::READ);
    reader.signal(libc::SIGKILL);
    drop(reader);
    // The next may have it.
    assert!(wait_until(HANG, || open(path, OFlags::RDWR).is_ok()));
    device.unbind();
    device.bind();
}

/// The node of the keyboard's port, which `serio_raw` has.
fn raw_port() -> Option<PathBuf> {
    let names = fs::read_dir("/dev").into_iter().flatten().flatten();
    let mut names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let name = names.find(|name| name.starts_with("serio_raw"))?;
    Some(Path::new("/dev").join(name))
}

#[test]
fn serio_before_and_after() {
    const DRIVER: &str = "/sys/bus/serio/devices/serio0/drvctl";
    let tell = |what: &'static str| Sleeper::start("drvctl", move || fs::write(DRIVER, what));
    // It takes care of all of this itself, in C, and still does.
    for module in ["serio_raw", "serio_raw_sync"] {
        let _modules = Loaded::new(&["i8042", module]);
        assert!(wait_until(HANG, || Path::new(DRIVER).exists()));
        tell("serio_raw").result().expect("drvctl");
        assert!(wait_until(HANG, || raw_port().is_some()), "{module}");
        let file = Arc::new(node(&raw_port().expect("a node")));
        let reading = file.clone();
        let reader = Sleeper::asleep("a reader", calls::READ, move || read(reading, &mut [0; 4]));
        let watched = file.clone();
        let poller = Sleeper::asleep("a poller", calls::POLL, move || {
            poll_for(watched, PollFlags::IN, FOR_EVER)
        });
        tell("none").result().expect("drvctl");
        assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        assert_eq!(poller.result_within(UNBIND_LIMIT), GONE, "{module}");
        assert_eq!(read(&file, &mut [0; 4]), Err(Errno::NODEV));
        assert!(raw_port().is_none(), "{module}");
    }
}
