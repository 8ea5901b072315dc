// SPDX-License-Identifier: GPL-2.0

//! A controller's character device is unbound, alone or with the whole controller, while clients
//! are in all calls. Ours returns at once; the C driver waits for its readers.

use devscope_tests::{
    child::Child,
    device::open,
    ec::{read_memory, run, set_event_mask, testec::raise, transfer, Driver, Step, TestEc, HELLO},
    events::{epoll_next, epoll_on, poll_for, poll_now, EPOLL_GONE, GONE},
    module::unload,
    pace,
    proc::calls,
    sleeper::{wait_all_asleep, Sleeper},
    wait_until, FOR_EVER, HANG, UNBIND_LIMIT,
};
use rustix::{
    event::{epoll::EventFlags, PollFlags},
    fd::OwnedFd,
    fs::OFlags,
    io::{read, Errno, Result},
};
use std::{
    path::Path,
    sync::{
        atomic::{AtomicU32, Ordering::Relaxed},
        Arc,
    },
    thread,
    time::Duration,
};

/// What is unbound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// The character device.
    Cell,
    /// The controller, and with it all of its cells.
    Controller,
}

const BOTH: [What; 2] = [What::Cell, What::Controller];

/// Unbinds, which must succeed. Returns how long it took.
fn unbind(ec: &TestEc, what: What) -> Duration {
    let (result, took) = match what {
        What::Cell => ec.cell("cros_ec").try_unbind(),
        What::Controller => ec.try_unbind(),
    };
    eprintln!("unbind {what:?}: {} ms", took.as_millis());
    assert_eq!(result, Ok(()), "{what:?}");
    took
}

/// Unbinds, which must succeed within [`UNBIND_LIMIT`].
fn unbind_soon(ec: &TestEc, what: What) {
    pace::assert_within(unbind(ec, what), UNBIND_LIMIT, "unbind");
}

/// Binds what was unbound.
fn bind(ec: &TestEc, cell: &devscope_tests::ec::Cell, what: What) {
    let (result, _) = match what {
        What::Cell => cell.try_bind(),
        What::Controller => ec.try_bind(),
    };
    assert_eq!(result, Ok(()), "{what:?}");
    ec.wait_for_nodes();
}

/// Runs `test` for both, with a bound controller.
fn both(test: impl Fn(&TestEc, What)) {
    let ec = TestEc::with(Driver::Devscope);
    for what in BOTH {
        let cell = ec.cell("cros_ec");
        test(&ec, what);
        bind(&ec, &cell, what);
    }
}

/// A file with the mask of all events.
fn listener(ec: &TestEc) -> OwnedFd {
    let file = ec.open(OFlags::RDWR);
    set_event_mask(&file, usize::MAX).expect("event mask");
    file
}

fn greet(file: &OwnedFd) -> Result<usize> {
    transfer(file, 0, HELLO, &[0; 4], 4).map(|answer| answer.data.len())
}

#[test]
fn sleeping_readers() {
    both(|ec, what| {
        let shared = Arc::new(listener(ec));
        let readers: Vec<_> = (0..50)
            .map(|number| {
                let own = match number % 2 {
                    0 => shared.clone(),
                    _ => Arc::new(listener(ec)),
                };
                Sleeper::start("a reader", move || read(own, &mut [0; 32]))
            })
            .collect();
        wait_all_asleep(&readers, calls::READ);
        unbind_soon(ec, what);
        for reader in readers {
            assert_eq!(reader.result_within(UNBIND_LIMIT), Err(Errno::NODEV));
        }
    });
}

#[test]
fn pollers() {
    both(|ec, what| {
        let start = |_| {
            let file = listener(ec);
            Sleeper::asleep("a poller", calls::POLL, move || {
                poll_for(file, PollFlags::IN, FOR_EVER)
            })
        };
        let pollers: Vec<_> = (0..8).map(start).collect();
        let (file, watched) = (listener(ec), listener(ec));
        let epoll = epoll_on(&watched, EventFlags::IN);
        let waiter = Sleeper::asleep("epoll_wait", calls::EPOLL, move || {
            epoll_next(epoll, FOR_EVER)
        });
        unbind_soon(ec, what);
        for poller in pollers {
            assert_eq!(poller.result_within(UNBIND_LIMIT), GONE);
        }
        assert_eq!(waiter.result_within(UNBIND_LIMIT), EPOLL_GONE);
        assert_eq!(poll_now(&file, PollFlags::IN), GONE);
    });
}

#[test]
fn queue_for_a_slow_controller() {
    // Longer on a slow machine, where all other steps take longer, too.
    let command = pace::stretched(Duration::from_millis(300));
    let ms = command.as_millis() as u32;
    both(|ec, what| {
        ec.run(&Step::Slow { count: 8, ms });
        let start = |_| {
            let file = ec.open(OFlags::RDWR);
            Sleeper::asleep("a client", calls::IOCTL, move || greet(&file))
        };
        let clients: Vec<_> = (0..8).map(start).collect();
        let took = unbind(ec, what);
        // Unbind waits for the running command, and not for those behind it; or one had just ended.
        pace::assert_within(took, 2 * command + UNBIND_LIMIT / 2, "unbind");
        let results: Vec<_> = clients.into_iter().map(Sleeper::result).collect();
        let count = |wanted| results.iter().filter(|result| **result == wanted).count();
        let (done, gone) = (count(Ok(4)), count(Err(Errno::NODEV)));
        assert_eq!(done + gone, results.len(), "{results:?}");
        assert!(gone >= 2, "{what:?}: all were served: {results:?}");
    });
}

#[test]
fn silent_controller() {
    both(|ec, what| {
        ec.run(&Step::Silent { count: 1 });
        let file = ec.open(OFlags::RDWR);
        let client = Sleeper::asleep("a client", calls::IOCTL, move || greet(&file));
        let took = unbind(ec, what);
        // The transport waits as long.
        pace::assert_within(took, 2 * UNBIND_LIMIT, "unbind");
        let result = client.result_within(UNBIND_LIMIT);
        assert!(
            matches!(result, Err(Errno::IO | Errno::NODEV)),
            "{result:?}"
        );
    });
}

#[test]
fn stream_of_events() {
    both(|ec, what| {
        ec.run(&Step::Events {
            kind: 5,
            data: &[0; 4],
            count: 0,
            every: 1,
            numbered: true,
        });
        let start = |_| {
            let (file, count) = (listener(ec), Arc::new(AtomicU32::new(0)));
            let counted = count.clone();
            let reader = Sleeper::start("a reader", move || read_numbers(&file, &counted));
            (reader, count)
        };
        let readers: Vec<_> = (0..4).map(start).collect();
        let all_have_some = || readers.iter().all(|(_, count)| count.load(Relaxed) > 5);
        assert!(wait_until(HANG, all_have_some), "{what:?}: too few events");
        unbind_soon(ec, what);
        for (reader, _) in readers {
            assert_eq!(reader.result_within(UNBIND_LIMIT), Errno::NODEV);
        }
    });
}

/// Reads numbered events to the end, and counts them. They come in order, but events are lost if
/// the client is too slow.
fn read_numbers(file: &OwnedFd, count: &AtomicU32) -> Errno {
    let mut next = None;
    loop {
        let mut event = [0; 32];
        match read(file, &mut event) {
            Ok(len) => assert_eq!(len, 5),
            Err(error) => return error,
        }
        let number = u32::from_le_bytes([event[1], event[2], event[3], event[4]]);
        assert!(next.is_none_or(|next| next <= number), "{next:?}: {number}");
        next = Some(number + 1);
        count.fetch_add(1, Relaxed);
    }
}

/// Makes each kind of call, which must fail with ENODEV.
fn assert_gone(file: &OwnedFd, when: &str) {
    for _ in 0..3 {
        assert_eq!(read(file, &mut [0; 32]), Err(Errno::NODEV), "{when}");
        assert_eq!(read(file, &mut [0; 0]), Err(Errno::NODEV), "{when}");
        assert_eq!(greet(file), Err(Errno::NODEV), "{when}");
        let memory = read_memory(file, 0, 1).map(|(count, _)| count);
        assert_eq!(memory, Err(Errno::NODEV), "{when}");
        assert_eq!(set_event_mask(file, 1), Err(Errno::NODEV), "{when}");
        assert_eq!(poll_now(file, PollFlags::IN), GONE, "{when}");
        let epoll = epoll_on(file, EventFlags::IN);
        assert_eq!(epoll_next(epoll, Duration::ZERO), EPOLL_GONE, "{when}");
    }
}

#[test]
fn old_files_for_ever() {
    let ec = TestEc::with(Driver::Devscope);
    for what in BOTH {
        let cell = ec.cell("cros_ec");
        let full = listener(&ec);
        raise(&TestEc::raiser().expect("raise"), 5, b"unread").expect("raise");
        assert_eq!(poll_now(&full, PollFlags::IN), PollFlags::IN);
        let files = [ec.open(OFlags::RDWR), full];
        unbind_soon(&ec, what);
        assert!(!Path::new("/dev/cros_ec").exists(), "{what:?}");
        let opened = open(Path::new("/dev/cros_ec"), OFlags::RDWR).map(drop);
        assert_eq!(opened, Err(Errno::NOENT), "{what:?}");
        files.iter().for_each(|file| assert_gone(file, "unbound"));
        bind(&ec, &cell, what);
        files
            .iter()
            .for_each(|file| assert_gone(file, "bound again"));
        let new = listener(&ec);
        assert_eq!(greet(&new), Ok(4));
        raise(&TestEc::raiser().expect("raise"), 5, b"new").expect("raise");
        assert_eq!(read(&new, &mut [0; 32]), Ok(4));
        files
            .iter()
            .for_each(|file| assert_gone(file, "in use again"));
    }
}

#[test]
fn open_file_holds_the_module() {
    const MODULE: &str = "cros_ec_chardev_rust";
    let ec = TestEc::with(Driver::Devscope);
    let file = ec.open(OFlags::RDWR);
    assert_eq!(unload(MODULE), Err(Errno::WOULDBLOCK));
    unbind_soon(&ec, What::Controller);
    assert_eq!(unload(MODULE), Err(Errno::WOULDBLOCK));
    assert_gone(&file, "unbound");
}

#[test]
fn all_at_once() {
    both(|ec, what| {
        ec.run(&Step::Events {
            kind: 1,
            data: &[0; 4],
            count: 0,
            every: 2,
            numbered: false,
        });
        let control = ec.open(OFlags::RDWR);
        run(&control, &Step::Slow { count: 100, ms: 20 }).expect("slow");
        let mut sleepers = Vec::new();
        for _ in 0..4 {
            let file = listener(ec);
            sleepers.push(Sleeper::start("a reader", move || loop {
                if let Err(error) = read(&file, &mut [0; 32]) {
                    break error;
                }
            }));
            let file = ec.open(OFlags::RDWR);
            sleepers.push(Sleeper::start("a client", move || loop {
                if let Err(error) = greet(&file) {
                    break error;
                }
            }));
        }
        thread::sleep(Duration::from_millis(100));
        unbind_soon(ec, what);
        for sleeper in sleepers {
            assert_eq!(sleeper.result_within(UNBIND_LIMIT), Errno::NODEV);
        }
        assert_gone(&control, "unbound");
    });
}

/// Unbinds the C driver's cell with a sleeping reader. Returns whether this hangs, and ends it.
fn c_driver_hangs(what: What) -> bool {
    let ec = TestEc::with_one_node(Driver::C);
    let file = listener(&ec);
    let reader = Child::fork(move || {
        let _ = read(&file, &mut [0; 32]);
        0
    });
    reader.wait_asleep(calls::READ);
    let file = match what {
        What::Cell => ec.cell("cros_ec").unbind_file(),
        What::Controller => devscope_tests::ec::testec::transport("unbind"),
    };
    let device = match what {
        What::Cell => ec.cell("cros_ec").name().to_owned(),
        What::Controller => "testec.0".to_owned(),
    };
    let unbind = Sleeper::start("unbind", move || std::fs::write(file, device).is_ok());
    let ended = wait_until(2 * UNBIND_LIMIT, || unbind.is_done());
    let hangs = !ended && unbind.is_asleep(calls::WRITE);
    reader.signal(libc::SIGKILL);
    assert!(unbind.result(), "{what:?}: unbind fails");
    hangs
}

/// Verifies the documented behaviour of the C driver, and that this test can detect a hang.
#[test]
fn c_driver_waits_for_its_reader() {
    for what in BOTH {
        assert!(c_driver_hangs(what), "{what:?}: it does not hang any more");
    }
}
