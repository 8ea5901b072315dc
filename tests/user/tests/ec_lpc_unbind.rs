// SPDX-License-Identifier: GPL-2.0

//! The kernel's LPC driver is unbound from the virtual EC, which removes the whole tree of devices,
//! under clients of our driver.

use devscope_tests::{
    ec::{hello, lpc::Lpc, run, set_event_mask, Cell, Driver, Step, HELLO_ADDS},
    effort,
    events::{poll_for, GONE},
    pace,
    proc::calls,
    sleeper::{wait_all_asleep, Sleeper},
    FOR_EVER,
};
use rustix::{
    event::PollFlags,
    fs::OFlags,
    io::{read, Errno},
};
use std::{path::Path, time::Duration};

/// How long a command takes.
const COMMAND: Duration = Duration::from_millis(300);
/// How long unbind may take: this command, and those of the kernel before and after it. The
/// commands of all callers together would take longer.
const LIMIT: Duration = Duration::from_millis(3000);

const CALLERS: usize = 12;

#[test]
fn under_its_clients() {
    let lpc = Lpc::load(Driver::Devscope);
    for _ in 0..effort::choose(1, 3) {
        let cell = Cell::get("cros_ec");
        let old = cell.open(OFlags::RDWR);
        run(&old, &Step::Reset).expect("reset");
        let readers: Vec<_> = (0..4)
            .map(|_| {
                let fd = cell.open(OFlags::RDWR);
                set_event_mask(&fd, 1 << 9).expect("event mask");
                Sleeper::start("a reader", move || read(&fd, &mut [0; 32]))
            })
            .collect();
        let fd = cell.open(OFlags::RDWR);
        set_event_mask(&fd, 1 << 9).expect("event mask");
        let poller = Sleeper::start("a poller", move || poll_for(&fd, PollFlags::IN, FOR_EVER));
        // A type without listeners, and few: the LPC driver's remove first waits for its own
        // handler, which runs as long as there are events.
        let stream = Step::Events {
            kind: 4,
            data: &[1; 4],
            count: 0,
            every: 1000,
            numbered: true,
        };
        run(&old, &stream).expect("events");
        // The remaining ones slow down the next bind, which sends a dozen commands.
        let slow = Step::Slow {
            count: 20,
            ms: COMMAND.as_millis() as u32,
        };
        run(&old, &slow).expect("slow");
        let callers: Vec<_> = (0..CALLERS)
            .map(|_| {
                let fd = cell.open(OFlags::RDWR);
                Sleeper::start("a caller", move || loop {
                    if let Err(error) = hello(&fd, 1) {
                        return error;
                    }
                })
            })
            .collect();
        wait_all_asleep(&readers, calls::READ);
        wait_all_asleep(&callers, calls::IOCTL);

        let (result, took) = lpc.try_unbind();
        eprintln!("unbind: {} ms", took.as_millis());
        assert_eq!(result, Ok(()));
        pace::assert_within(took, LIMIT, "unbind");
        for reader in readers {
            assert_eq!(reader.result(), Err(Errno::NODEV));
        }
        for caller in callers {
            assert_eq!(caller.result(), Errno::NODEV);
        }
        assert_eq!(poller.result(), GONE);
        assert!(!Path::new("/dev/cros_ec").exists());
        assert_eq!(hello(&old, 1), Err(Errno::NODEV));

        assert_eq!(lpc.try_bind().0, Ok(()));
        let cell = Cell::get("cros_ec");
        cell.bind(Driver::Devscope);
        let new = cell.open(OFlags::RDWR);
        run(&new, &Step::Reset).expect("reset");
        assert_eq!(hello(&new, 5), Ok(5 + HELLO_ADDS));
        assert_eq!(hello(&old, 1), Err(Errno::NODEV));
    }
}
