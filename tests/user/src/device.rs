// SPDX-License-Identifier: GPL-2.0

//! A device with one of the drivers under test, and `unbind` and `bind` through sysfs.

use crate::{pace, testdev::FIFO_SIZE, wait_until, HANG, UNBIND_LIMIT};
use rustix::{
    fd::OwnedFd,
    fs::{Mode, OFlags},
    io::{self, Errno},
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

/// Set when a write to sysfs has not returned: the next one would hang, too.
static HUNG: AtomicBool = AtomicBool::new(false);

/// The drivers under test, with the PCI ids that they bind to.
const DRIVERS: [(&str, &str, &str); 2] =
    [("edu", "0x1234", "0x11e8"), ("testdev", "0x1b36", "0x0005")];

/// A device. It is bound when a test gets it, and bound again when the test drops it.
pub struct Device {
    bus: &'static str,
    driver: &'static str,
    /// The driver that it belongs to, if it is lent to `driver`.
    owner: Option<&'static str>,
    index: usize,
    addr: String,
}

impl Device {
    /// The `index`th PCI device for `driver`, "edu" or "testdev", in the order of PCI addresses.
    pub fn get(driver: &str, index: usize) -> Self {
        let (driver, vendor, id) = *DRIVERS
            .iter()
            .find(|d| d.0 == driver)
            .expect("a driver under test");
        let is = |addr: &Path, file: &str, value: &str| {
            fs::read_to_string(addr.join(file)).is_ok_and(|text| text.trim() == value)
        };
        let mut addrs: Vec<PathBuf> = fs::read_dir("/sys/bus/pci/devices")
            .expect("sysfs on /sys")
            .map(|entry| entry.expect("a directory entry").path())
            .filter(|addr| is(addr, "vendor", vendor) && is(addr, "device", id))
            .collect();
        addrs.sort();
        let path = addrs
            .get(index)
            .unwrap_or_else(|| panic!("PCI device {vendor}:{id} number {index} is missing"));
        let addr = path.file_name().unwrap().to_str().unwrap().to_owned();
        Self::with_driver("pci", driver, addr, index)
    }

    /// The only device of a driver without hardware, such as "loopchan", whose module is loaded.
    pub fn sole(driver: &'static str) -> Self {
        Self::with_driver("platform", driver, driver.to_owned(), 0)
    }

    /// The auxiliary device that testdev creates for `testchild`.
    pub fn child(&self) -> Self {
        let addr = self.child_addr().expect("testdev has an auxiliary device");
        Self::with_driver("auxiliary", "testchild", addr, self.index)
    }

    /// The name of the auxiliary device, if there is one.
    pub fn child_addr(&self) -> Option<String> {
        let entries = fs::read_dir(self.sysfs()).expect("a PCI device").flatten();
        let mut names = entries.map(|entry| entry.file_name().into_string().unwrap());
        names.find(|name| name.starts_with("testdev.child."))
    }

    fn with_driver(bus: &'static str, driver: &'static str, addr: String, index: usize) -> Self {
        let device = Self {
            bus,
            driver,
            owner: None,
            index,
            addr,
        };
        if !device.is_bound() {
            device.bind();
        }
        device
    }

    /// Binds another driver to it, whatever that driver's table says, until this is dropped.
    pub(crate) fn lent_to(mut self, driver: &'static str) -> Self {
        self.unbind();
        self.owner = Some(self.driver);
        self.driver = driver;
        self.prefer(driver);
        self.bind();
        self
    }

    /// Makes the bus bind it to this driver only; "" means any that matches.
    fn prefer(&self, driver: &str) {
        let file = self.sysfs().join("driver_override");
        fs::write(file, format!("{driver}\n")).expect("driver_override");
    }

    /// Unbinds it from the driver that it was lent to.
    fn give_back(&mut self) {
        let Some(owner) = self.owner.take() else {
            return;
        };
        if self.is_bound() {
            let (result, _) = self.try_unbind();
            result.unwrap_or_else(|e| eprintln!("unbind {}: {e}", self.driver));
        }
        self.prefer("");
        self.driver = owner;
    }

    /// Its name on the bus.
    pub fn addr(&self) -> &str {
        &self.addr
    }

    /// Its name in the virtual machine.
    pub(crate) fn machine_name(&self) -> String {
        format!("{}{}", self.driver, self.index)
    }

    /// Its directory in sysfs.
    pub fn sysfs(&self) -> PathBuf {
        Path::new("/sys/bus")
            .join(self.bus)
            .join("devices")
            .join(&self.addr)
    }

    /// Whether it exists.
    pub fn exists(&self) -> bool {
        self.sysfs().exists()
    }

    /// Whether a driver is bound to it.
    pub fn is_bound(&self) -> bool {
        self.sysfs().join("driver").exists()
    }

    /// The names of its misc devices, sorted.
    pub fn nodes(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.sysfs().join("misc"))
            .map(|dir| {
                dir.flatten()
                    .map(|entry| entry.file_name().into_string().unwrap())
                    .collect()
            })
            .unwrap_or_default();
        names.sort();
        names
    }

    /// The path of its node.
    pub fn node(&self) -> PathBuf {
        self.find_node(|name| !name.contains('-'))
    }

    /// The path of its memory node (testdev only).
    pub fn mem_node(&self) -> PathBuf {
        self.find_node(|name| name.ends_with("-mem"))
    }

    /// The path of the node that can be mapped (testdev only).
    pub fn map_node(&self) -> PathBuf {
        self.find_node(|name| name.ends_with("-map"))
    }

    /// The path of its node of inboxes (testdev only).
    pub fn box_node(&self) -> PathBuf {
        self.find_node(|name| name.ends_with("-box"))
    }

    /// The path of the node of its own memory (edu only).
    pub fn ram_node(&self) -> PathBuf {
        self.find_node(|name| name.ends_with("-ram"))
    }

    fn find_node(&self, matches: impl Fn(&str) -> bool) -> PathBuf {
        let mut found = None;
        wait_until(HANG, || {
            let name = self.nodes().into_iter().find(|name| matches(name));
            found = name.map(|name| Path::new("/dev").join(name));
            found.as_ref().is_some_and(|path| path.exists())
        });
        found.unwrap_or_else(|| panic!("{} {} has no node", self.driver, self.addr))
    }

    /// Opens its node, which must succeed.
    pub fn open(&self, flags: OFlags) -> OwnedFd {
        let node = self.node();
        open(&node, flags).unwrap_or_else(|e| panic!("open {}: {e}", node.display()))
    }

    /// Opens its node with `O_NONBLOCK`, and reads all data.
    pub fn open_empty(&self) -> OwnedFd {
        let fd = self.open(OFlags::RDWR | OFlags::NONBLOCK);
        while io::read(&fd, &mut [0; FIFO_SIZE]).is_ok_and(|len| len > 0) {}
        fd
    }

    /// Opens its memory node, which must succeed.
    pub fn open_mem(&self) -> OwnedFd {
        open(&self.mem_node(), OFlags::RDWR).expect("open the memory node")
    }

    /// Opens the node that can be mapped, which must succeed.
    pub fn open_map(&self) -> OwnedFd {
        open(&self.map_node(), OFlags::RDWR).expect("open the node that can be mapped")
    }

    /// Opens its node of inboxes with `O_NONBLOCK`, which must succeed.
    pub fn open_box(&self) -> OwnedFd {
        let flags = OFlags::RDWR | OFlags::NONBLOCK;
        open(&self.box_node(), flags).expect("open the node of inboxes")
    }

    /// Opens the node of its own memory, which must succeed.
    pub fn open_ram(&self, flags: OFlags) -> OwnedFd {
        open(&self.ram_node(), flags).expect("open the node of its memory")
    }

    /// Unbinds its driver, which must succeed within [`UNBIND_LIMIT`].
    pub fn unbind(&self) -> Duration {
        self.unbind_within(UNBIND_LIMIT)
    }

    /// Unbinds its driver, which must succeed within `limit`, or longer on a slow machine.
    pub fn unbind_within(&self, limit: Duration) -> Duration {
        let (result, took) = self.try_unbind();
        eprintln!("unbind {}: {} ms", self.driver, took.as_millis());
        result.unwrap_or_else(|e| panic!("unbind {}: {e}", self.addr));
        pace::assert_within(took, limit, "unbind");
        took
    }

    /// Unbinds its driver. Returns the result of the write, and how long it took.
    pub fn try_unbind(&self) -> (io::Result<()>, Duration) {
        self.driver_file("unbind")
    }

    /// Binds its driver, which must succeed.
    pub fn bind(&self) {
        self.try_bind()
            .0
            .unwrap_or_else(|e| panic!("bind {} to {}: {e}", self.driver, self.addr));
    }

    /// Binds its driver. Returns the result of the write, and how long it took.
    pub fn try_bind(&self) -> (io::Result<()>, Duration) {
        self.driver_file("bind")
    }

    fn driver_file(&self, file: &str) -> (io::Result<()>, Duration) {
        let path = format!("/sys/bus/{}/drivers/{}/{file}", self.bus, self.driver);
        write_timed(&path, &self.addr)
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if HUNG.load(Ordering::Relaxed) {
            return;
        }
        self.give_back();
        if self.is_bound() {
            return;
        }
        if self.bus != "pci" && !self.exists() {
            return; // Its parent creates it.
        }
        self.bring_back();
        if self.is_bound() {
            return;
        }
        let (result, _) = self.try_bind();
        if let Err(e) = result {
            eprintln!("cannot bind {} to {} again: {e}", self.driver, self.addr);
        }
    }
}

/// Opens `path` with `flags`.
///
/// # Errors
///
/// Those of `open()`.
pub fn open(path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::empty())
}

/// Whether a write to sysfs has not returned.
pub(crate) fn hung() -> bool {
    HUNG.load(Ordering::Relaxed)
}

/// Writes `text` to a sysfs file in a separate thread. The write must return.
pub(crate) fn write_timed(path: &str, text: &str) -> (io::Result<()>, Duration) {
    assert!(!HUNG.load(Ordering::Relaxed), "an earlier call still hangs");
    let (done, result) = mpsc::channel();
    let (file, data) = (path.to_owned(), text.to_owned());
    thread::spawn(move || {
        let start = Instant::now();
        let wrote = open(Path::new(&file), OFlags::WRONLY)
            .and_then(|fd| rustix::io::write(&fd, data.as_bytes()))
            .and_then(|len| match len == data.len() {
                true => Ok(()),
                false => Err(Errno::IO),
            });
        let _ = done.send((wrote, start.elapsed()));
    });
    let longer = |_| result.recv_timeout(pace::stretched(HANG) - HANG);
    let came = result.recv_timeout(HANG).or_else(longer);
    came.unwrap_or_else(|_| {
        HUNG.store(true, Ordering::Relaxed);
        panic!("HANG: the write of {text} to {path} has not returned after {HANG:?}")
    })
}
