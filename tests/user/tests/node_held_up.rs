// SPDX-License-Identifier: GPL-2.0

//! A task reads the directory of a node into a page whose fault is not served, and so holds the
//! lock of the directory: `device_del()` waits for it, and so does unbind, with every driver. But
//! the open files of all nodes are cut off before.

use devscope_tests::{
    device::{open, Device},
    disks::{self, Ramdisk},
    evdev::{
        away::each,
        client::{assert_gone, client},
        ioctls::name,
        Handler, Uinput,
    },
    loopchan::{count, pair, NODES},
    module::Loaded,
    pages::Pages,
    pairs::{self, Loopchan},
    ramdisk,
    sleeper::Sleeper,
    testchild, testdev,
    uffd::Uffd,
    wait_until,
};
use rustix::{
    fs::OFlags,
    io::{self, Errno},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

/// How long open files may still reach the device.
const CUT_OFF_LIMIT: Duration = Duration::from_secs(5);
/// How long to observe that a state does not change.
const A_WHILE: Duration = Duration::from_millis(300);
/// The size of a page.
const PAGE: usize = 4096;

/// A task that reads a directory, until this is dropped.
struct Reader {
    _uffd: Uffd,
}

impl Reader {
    fn stuck(directory: &str) -> Self {
        let (pages, uffd) = Uffd::unserved(1);
        let directory = open(Path::new(directory), OFlags::RDONLY | OFlags::DIRECTORY);
        let directory = directory.expect("open a directory");
        Sleeper::start("a reader of a directory", move || pages.entries(directory));
        uffd.wait_stuck();
        Self { _uffd: uffd }
    }
}

/// Runs `end` while a task reads `directory`, and checks that `cut_off` returns `true` long before
/// `end` returns.
fn while_read<T: Send + 'static>(
    directory: &str,
    end: impl FnOnce() -> T + Send + 'static,
    cut_off: impl Fn() -> bool,
) -> T {
    let reader = Reader::stuck(directory);
    let ending = Sleeper::start("the end of a device", end);
    assert!(wait_until(CUT_OFF_LIMIT, cut_off), "old files still work");
    thread::sleep(A_WHILE);
    assert!(!ending.is_done(), "nothing held it up");
    drop(reader);
    ending.result()
}

fn is_gone<T>(result: io::Result<T>) -> bool {
    result.err() == Some(Errno::NODEV)
}

/// Three nodes: the last one is that of a child device, which is removed first.
#[test]
fn files_of_all_nodes() {
    let _child = Loaded::new(&["testchild"]);
    let device = Arc::new(Device::get("testdev", 0));
    let fifo = device.open(OFlags::RDWR);
    let memory = device.open_mem();
    let child = device.child().open(OFlags::RDWR);
    let unbind = {
        let device = device.clone();
        move || device.try_unbind().0
    };
    let unbound = while_read("/dev", unbind, || {
        is_gone(testdev::work(&fifo, 0))
            && is_gone(io::read(&memory, &mut [0]))
            && is_gone(testchild::sample(&child))
    });
    assert_eq!(unbound, Ok(()));
    assert_eq!(device.nodes(), [""; 0]);
}

/// A blocked reader of the device returns, too.
#[test]
fn sleepers() {
    let device = Arc::new(Device::get("testdev", 0));
    device.open_empty();
    let fifo = device.open(OFlags::RDONLY);
    let sleeper = Sleeper::start("a reader", move || io::read(&fifo, &mut [0]));
    let unbind = {
        let device = device.clone();
        move || device.try_unbind().0
    };
    assert_eq!(while_read("/dev", unbind, || sleeper.is_done()), Ok(()));
    assert_eq!(sleeper.result(), Err(Errno::NODEV));
}

/// A caller that creates a node is blocked, but no other calls are, nor is unbind until it removes
/// nodes.
#[test]
fn creation() {
    let loopchan = Loopchan::new();
    let ends = loopchan.pair(0);
    let reader = Reader::stuck("/dev");
    let control = loopchan.control.try_clone().expect("dup");
    let creator = Sleeper::start("a creator", move || pair(control, NODES).map(drop));
    thread::sleep(A_WHILE);
    assert!(!creator.is_done(), "nothing held it up");
    loopchan.assert_count(3);
    let device = Arc::new(Device::sole(pairs::MODULE));
    let unbind = {
        let device = device.clone();
        move || device.try_unbind().0
    };
    let unbinding = Sleeper::start("the end of a device", unbind);
    let cut_off = || is_gone(io::read(&ends[0], &mut [0])) && is_gone(count(&loopchan.control));
    assert!(wait_until(CUT_OFF_LIMIT, cut_off), "old files still work");
    assert!(!creator.is_done() && !unbinding.is_done());
    drop(reader);
    assert_eq!(creator.result(), Err(Errno::NODEV));
    assert_eq!(unbinding.result(), Ok(()));
    assert_eq!(pairs::nodes(), [""; 0].map(PathBuf::from));
}

/// Writes to a disk that is being removed fail, long before its node is removed.
#[test]
fn disk() {
    let ramdisk = Ramdisk::new();
    let disk = ramdisk.disk(ramdisk::OPEN_DIRECT);
    let page = Pages::fresh(1);
    assert_eq!(page.write(&disk.fd, 0, PAGE), Ok(PAGE));
    let device = Arc::new(Device::sole(disks::MODULE));
    let unbind = move || device.try_unbind().0;
    let refused = || page.write(&disk.fd, 0, PAGE).err() == Some(Errno::IO);
    assert_eq!(while_read("/dev", unbind, refused), Ok(()));
    assert_eq!(disks::nodes(), [""; 0].map(PathBuf::from));
}

/// With C, clients reach the device until the node is removed.
#[test]
fn input_device() {
    each(|_, handler| {
        let mouse = Arc::new(Uinput::mouse("devscope mouse"));
        let file = client(&mouse.node());
        let destroy = {
            let mouse = mouse.clone();
            move || mouse.destroy()
        };
        let destroyed = while_read("/dev/input", destroy, || {
            let gone = is_gone(name(&file));
            match handler {
                Handler::Devscope => gone,
                Handler::C => {
                    thread::sleep(A_WHILE);
                    !gone
                }
            }
        });
        assert_eq!(destroyed, Ok(()));
        assert_gone(&file, "destroyed");
    });
}
