// SPDX-License-Identifier: GPL-2.0

//! What the tests in `tests/` share. They run as root inside the guest, with the drivers loaded.
//!
//! Nothing here waits for ever: whatever can hang has a limit and fails with a sentence.
//!
//! - [`device`]: a PCI device, its nodes, and `unbind`/`bind` through sysfs
//! - [`hostile`]: a driver that wants to break the framework, and the devices that it is lent
//! - [`pci`]: what is turned on of it
//! - [`hotplug`]: a device that goes away altogether, and comes back
//! - [`sleeper`]: a thread that is asleep in a system call; [`child`]: a process that is
//! - [`proc`](mod@proc): what a task is doing, from `/proc`
//! - [`stop`]: what keeps a process from running; [`cgroup`]: a group that it is in
//! - [`killed`]: a process that is killed on its way through the kernel
//! - [`events`]: `poll()` in one line
//! - [`signal`]: handlers with and without `SA_RESTART`; [`sigwait`]: signals that wait to be taken
//! - [`pages`]: memory that the tests hand to the kernel, present, absent or forbidden
//! - [`mapped`]: memory of a device
//! - [`maker`]: a driver of devices that come with their descriptors; [`pairs`]: ends of channels,
//!   [`disks`]: disks of memory, and what is made on them
//! - [`uffd`], [`fuse`]: memory whose page fault nobody answers
//! - [`touch`]: the calls that touch such memory
//! - [`ring`]: io_uring requests; [`aio`]: polls of Linux AIO
//! - [`ec`]: a ChromeOS embedded controller, with either driver
//! - [`evdev`]: input devices and their `eventN`, with either handler
//! - [`diff`](mod@diff): random calls of two drivers, compared
//! - [`faults`]: what the kernel can be made to fail at; [`traces`]: what a driver leaves behind
//! - [`progress`]: how far a long test is; [`effort`]: how long it is; [`pace`]: how fast the
//!   machine is; [`hurry`]: grace periods that are short
//! - [`programs`]: programs that know nothing of Devscope
//! - [`compat`]: `ioctl()` as 32-bit programs call it
//! - [`uevents`]: what the kernel tells udev
//! - [`torture`]: `devscope-torture` at work, and a driver with faults for it
//! - [`fifo`]: what a file of testdev's answers; [`holding`]: all ways to hold one
//! - [`testc`]: a C driver that is fenced in; [`converted`]: drivers of the kernel's own that are
//! - [`fdpass`]: descriptors over a socket; [`module`]: `insmod` and `rmmod`

pub mod aio;
pub mod cgroup;
pub mod child;
pub mod compat;
pub mod converted;
pub mod cpus;
pub mod device;
pub mod diff;
pub mod disks;
pub mod ec;
pub mod effort;
pub mod evdev;
pub mod events;
pub mod faults;
pub mod fdpass;
pub mod fifo;
pub mod fuse;
pub mod holding;
pub mod hostile;
pub mod hotplug;
pub mod hurry;
pub mod killed;
pub mod maker;
pub mod mapped;
pub mod module;
pub mod pace;
pub mod pages;
pub mod pairs;
pub mod pci;
pub mod proc;
pub mod programs;
pub mod progress;
pub mod ring;
pub mod signal;
pub mod sigwait;
pub mod sleeper;
pub mod stop;
pub mod testc;
pub mod torture;
pub mod touch;
pub mod traces;
pub mod uevents;
pub mod uffd;

pub use devscope_uapi::{edu, inbox, loopchan, ramdisk, testchild, testdev};

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long `unbind` may take, on a machine with the usual [`pace`]. The debug kernel under emulation
/// is slow; a sleeping user that holds unbind up is slower.
pub const UNBIND_LIMIT: Duration = Duration::from_secs(1);

/// After this long a call counts as hung, on such a machine.
pub const HANG: Duration = Duration::from_secs(15);

/// For whom nothing is to happen meanwhile: longer than any test.
pub const FOR_EVER: Duration = Duration::from_secs(600);

/// Calls `ready` until it says yes, for at most `limit`, or longer on a slow machine. Returns whether
/// it did.
pub fn wait_until(limit: Duration, mut ready: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    let mut stretched = None;
    loop {
        if ready() {
            return true;
        }
        let over = start.elapsed();
        if over >= limit && over >= *stretched.get_or_insert_with(|| pace::stretched(limit)) {
            return false;
        }
        // What takes long is looked at less often.
        thread::sleep((over / 16).clamp(Duration::from_millis(2), Duration::from_millis(100)));
    }
}
