// SPDX-License-Identifier: GPL-2.0

//! Shared code of the tests in `tests/`. They run as root inside the guest, with the drivers
//! loaded.
//!
//! Nothing here waits without end: each wait has a limit, and fails with a message.
//!
//! - [`device`]: a PCI device, its nodes, and `unbind`/`bind` through sysfs
//! - [`hostile`]: a driver that tries to break the framework, and the devices that it borrows
//! - [`pci`]: the command register and the enable count of a PCI device
//! - [`hotplug`]: removes a device, and brings it back
//! - [`sleeper`]: a thread that sleeps in a system call; [`child`]: a child process
//! - [`proc`](mod@proc): the state of a task, from `/proc`
//! - [`stop`]: ways to stop a process; [`cgroup`]: a cgroup with one process
//! - [`killed`]: kills a process at each step of its calls in the kernel
//! - [`events`]: `poll()` in one line
//! - [`signal`]: handlers with and without `SA_RESTART`; [`sigwait`]: blocked signals, read by
//!   `signalfd()`
//! - [`pages`]: memory that the tests pass to the kernel, present, absent or protected
//! - [`mapped`]: memory of a device
//! - [`maker`]: a driver whose control node creates devices; [`pairs`]: ends of channels;
//!   [`disks`]: disks in memory, and file systems on them
//! - [`uffd`], [`fuse`]: memory whose page faults are not served
//! - [`touch`]: the calls that access such memory
//! - [`ring`]: io_uring requests; [`aio`]: polls of Linux AIO
//! - [`ec`]: a ChromeOS embedded controller, with either driver
//! - [`evdev`]: input devices and their `eventN`, with either handler
//! - [`diff`](mod@diff): random calls to two drivers, compared
//! - [`faults`]: fault injection; [`traces`]: the visible traces of a bound driver
//! - [`progress`]: reports of long tests; [`effort`]: their length; [`pace`]: the speed of the
//!   machine; [`hurry`]: expedited grace periods
//! - [`programs`]: existing programs, which do not depend on Devscope
//! - [`compat`]: system calls of 32-bit programs
//! - [`uevents`]: the messages of the kernel to udev
//! - [`torture`]: runs `devscope-torture`, and a driver with faults for it
//! - [`fifo`]: checks of a file of testdev; [`holding`]: all ways to hold one
//! - [`testc`]: a C driver with the fence; [`converted`]: C drivers of the kernel with the fence
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

/// How long `unbind` may take on a machine with the usual [`pace`]: enough for the debug kernel
/// under emulation, and not enough if unbind waits for a sleeping task.
pub const UNBIND_LIMIT: Duration = Duration::from_secs(1);

/// A call that takes longer counts as hung, on such a machine.
pub const HANG: Duration = Duration::from_secs(15);

/// A timeout that must not expire: longer than any test.
pub const FOR_EVER: Duration = Duration::from_secs(600);

/// Calls `ready` until it returns `true`, for at most `limit`, or longer on a slow machine. Returns
/// its last result.
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
        // The longer it takes, the less often it is called.
        thread::sleep((over / 16).clamp(Duration::from_millis(2), Duration::from_millis(100)));
    }
}
