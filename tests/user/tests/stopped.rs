// SPDX-License-Identifier: GPL-2.0

//! Callers that are stopped, traced and frozen while they wait: they continue afterwards, and
//! report if the device was unplugged meanwhile.

use devscope_tests::{
    child::{Child, End},
    device::Device,
    ec::{hello, Driver, Step, TestEc, HELLO_ADDS},
    effort,
    events::{poll_for, GONE},
    proc::calls,
    sleeper::Sleeper,
    stop::{suspend, By, Stop},
    testdev::{self, Wait, FIFO_SIZE},
    touch::{stuck_child, Touch},
    wait_until, FOR_EVER, HANG, UNBIND_LIMIT,
};
use libc::{c_int, c_long};
use rustix::{
    event::PollFlags,
    fd::{AsFd, BorrowedFd, OwnedFd},
    fs::OFlags,
    io::{read, write, Errno},
};
use std::{thread, time::Duration};

/// A call that sleeps until another one ends it.
#[derive(Debug)]
struct Call {
    name: &'static str,
    calls: &'static [c_long],
    /// Runs first, on the same file.
    before: fn(BorrowedFd<'_>),
    call: fn(BorrowedFd<'_>) -> rustix::io::Result<()>,
    /// Ends it.
    end: fn(BorrowedFd<'_>),
    /// Its result when the device is gone.
    gone: rustix::io::Result<()>,
    killable: bool,
}

const fn waiting(name: &'static str, call: fn(BorrowedFd<'_>) -> rustix::io::Result<()>) -> Call {
    Call {
        name,
        calls: calls::IOCTL,
        before: |_| (),
        call,
        end: |file| testdev::release(file).expect("RELEASE"),
        gone: Err(Errno::NODEV),
        killable: false,
    }
}

fn fill(file: BorrowedFd<'_>) {
    assert_eq!(write(file, &[0; FIFO_SIZE]), Ok(FIFO_SIZE));
}

const CALLS: [Call; 6] = [
    waiting("a wait", |file| testdev::wait(file, Wait::INTERRUPTIBLE)),
    waiting("a wait for some time", |file| {
        testdev::wait(file, Wait::timeout(600_000))
    }),
    Call {
        killable: true,
        ..waiting("a killable wait", |file| {
            testdev::wait(file, Wait::KILLABLE)
        })
    },
    Call {
        calls: calls::READ,
        end: |file| assert_eq!(write(file, b"data"), Ok(4)),
        ..waiting("read", |file| {
            let mut data = [0; 8];
            let len = read(file, &mut data)?;
            assert_eq!(&data[..len], b"data");
            Ok(())
        })
    },
    Call {
        calls: calls::WRITE,
        before: fill,
        end: |file| assert_eq!(read(file, &mut [0; 4]), Ok(4)),
        ..waiting("write", |file| {
            write(file, b"data").map(|len| assert_eq!(len, 4))
        })
    },
    Call {
        calls: calls::POLL,
        end: |file| assert_eq!(write(file, b"data"), Ok(4)),
        gone: Ok(()),
        ..waiting("poll", |file| {
            let events = poll_for(file, PollFlags::IN, FOR_EVER);
            assert!(events == PollFlags::IN || events == GONE, "{events:?}");
            Ok(())
        })
    },
];

impl Call {
    /// A process that sleeps in it.
    fn asleep(&self, file: &OwnedFd) -> Child {
        let file = file.as_fd();
        (self.before)(file);
        let child = Child::fork(|| code((self.call)(file)));
        child.wait_asleep(self.calls);
        child
    }
}

/// The exit code of a child.
fn code(result: rustix::io::Result<()>) -> c_int {
    result.map_or_else(Errno::raw_os_error, |()| 0)
}

fn wait_stopped(stop: &mut dyn Stop) {
    assert!(wait_until(HANG, || stop.has_stopped()), "it does not stop");
}

/// All of `what`, with all ways to stop; in the short form, a random selection.
fn in_all_ways<T: Copy>(what: &[T], one_of: usize) -> impl Iterator<Item = (T, By)> {
    let all: Vec<_> = (what.iter())
        .flat_map(|it| By::ALL.map(|by| (*it, by)))
        .collect();
    let (first, stride) = effort::some_of(one_of);
    all.into_iter().skip(first).step_by(stride)
}

/// Runs `test` for each call and each way to stop a process.
fn each(test: impl Fn(&Device, &Call, By, Box<dyn Stop>, OwnedFd, Child)) {
    let calls: Vec<_> = CALLS.iter().collect();
    // Not a divisor of the number of ways, so that each way is selected.
    for (call, by) in in_all_ways(&calls, 5) {
        eprintln!("{}, {by:?}", call.name);
        let device = Device::get("testdev", 0);
        drop(device.open_empty());
        let file = device.open(OFlags::RDWR);
        let child = call.asleep(&file);
        let stop = by.of(child.pid());
        test(&device, call, by, stop, file, child);
    }
}

#[test]
fn and_goes_on() {
    each(|_, call, by, mut stop, file, child| {
        let file = file.as_fd();
        stop.stop();
        if call.killable && !by.finds_killable() {
            // As for every killable or interruptible wait in the kernel.
            let soon = Duration::from_millis(200);
            assert!(!wait_until(soon, || stop.has_stopped()));
            assert!(child.is_asleep(call.calls));
            (call.end)(file);
            wait_stopped(&mut *stop);
            stop.go_on();
        } else {
            wait_stopped(&mut *stop);
            stop.go_on();
            child.wait_asleep(call.calls);
            (call.end)(file);
        }
        assert_eq!(child.wait(), End::Exit(0));
    });
}

#[test]
fn what_it_waits_for_comes_meanwhile() {
    each(|_, call, by, mut stop, file, child| {
        let file = file.as_fd();
        stop.stop();
        if call.killable && !by.finds_killable() {
            return;
        }
        wait_stopped(&mut *stop);
        (call.end)(file);
        thread::sleep(Duration::from_millis(50));
        assert!(stop.has_stopped());
        stop.go_on();
        if call.calls == calls::IOCTL && !call.killable {
            // It was stopped outside of the call, and waits for the next RELEASE.
            child.wait_asleep(call.calls);
            (call.end)(file);
        }
        assert_eq!(child.wait(), End::Exit(0));
    });
}

#[test]
fn the_device_goes_meanwhile() {
    each(|device, call, by, mut stop, _file, child| {
        stop.stop();
        if !call.killable || by.finds_killable() {
            wait_stopped(&mut *stop);
        }
        device.unbind_within(UNBIND_LIMIT);
        // A process that could not be stopped in its sleep has returned from it, and stops now.
        wait_stopped(&mut *stop);
        device.bind();
        stop.go_on();
        assert_eq!(child.wait(), End::Exit(code(call.gone)));
    });
}

/// A copy to or from a page whose fault is not served stays in the kernel until it is served, as
/// with every driver. The device may be unplugged meanwhile.
#[test]
fn in_a_copy() {
    let touches = [Touch::Read, Touch::Write, Touch::STATS];
    let both = touches.map(|touch| [(touch, false), (touch, true)]);
    for ((touch, unplug), by) in in_all_ways(both.as_flattened(), 5) {
        eprintln!("{touch:?}, {by:?}, unplugged: {unplug}");
        let device = Device::get("testdev", 0);
        let (child, uffd) = stuck_child(&device, touch);
        let mut stop = by.of(child.pid());
        stop.stop();
        let soon = Duration::from_millis(100);
        assert!(!wait_until(soon, || stop.has_stopped()));
        if unplug {
            device.unbind_within(UNBIND_LIMIT);
            device.bind();
        }
        drop(uffd);
        wait_stopped(&mut *stop);
        stop.go_on();
        let said = match unplug {
            true => touch.says_in_the_end().map(drop),
            false => Ok(()),
        };
        assert_eq!(child.wait(), End::Exit(code(said)));
    }
}

/// A caller that waits for a turn does not keep it from others, stopped or not.
#[test]
fn in_a_line() {
    const CALLERS: usize = 4;
    let ec = TestEc::with(Driver::Devscope);
    let slow = |count, ms| ec.run(&Step::Slow { count, ms });
    for ((), by) in in_all_ways(&[()], 2) {
        eprintln!("{by:?}");
        slow(u32::MAX, 100);
        let files: Vec<_> = (0..CALLERS).map(|_| ec.open(OFlags::RDWR)).collect();
        let callers: Vec<_> = files
            .iter()
            .map(|file| {
                Child::fork(|| loop {
                    if hello(file, 1) != Ok(1 + HELLO_ADDS) {
                        return 1;
                    }
                })
            })
            .collect();
        // At most one of them has the turn.
        let mut stops: Vec<_> = (callers[..2].iter())
            .map(|caller| {
                caller.wait_asleep(calls::IOCTL);
                by.of(caller.pid())
            })
            .collect();
        stops.iter_mut().for_each(|stop| stop.stop());
        stops.iter_mut().for_each(|stop| wait_stopped(&mut **stop));
        let file = ec.open(OFlags::RDWR);
        let other = Sleeper::start("a caller", move || {
            (0..CALLERS).all(|_| hello(&file, 2) == Ok(2 + HELLO_ADDS))
        });
        assert!(other.result());
        for stop in &mut stops {
            assert!(stop.has_stopped());
            stop.go_on();
        }
        drop(stops);
        for caller in callers {
            caller.signal(libc::SIGKILL);
            assert_eq!(caller.wait(), End::Signal(libc::SIGKILL));
        }
    }
    ec.run(&Step::Reset);
}

/// All processes at once, in any wait.
#[test]
fn suspended() {
    let ec = TestEc::with(Driver::Devscope);
    ec.run(&Step::Slow {
        count: u32::MAX,
        ms: 100,
    });
    let line: Vec<_> = (0..4)
        .map(|_| {
            let file = ec.open(OFlags::RDWR);
            Child::fork(|| loop {
                if let Err(e) = hello(&file, 1) {
                    return e.raw_os_error();
                }
            })
        })
        .collect();
    let device = Device::get("testdev", 0);
    drop(device.open_empty());
    let sleepers: Vec<_> = CALLS
        .iter()
        .filter(|call| call.calls != calls::WRITE)
        .map(|call| (call, device.open(OFlags::RDWR)))
        .map(|(call, file)| (call, call.asleep(&file), file))
        .collect();
    for _ in 0..2 {
        suspend().expect("all can be frozen");
        for (call, child, _) in &sleepers {
            child.wait_asleep(call.calls);
        }
    }
    for child in line {
        child.wait_asleep(calls::IOCTL);
        child.signal(libc::SIGKILL);
        assert_eq!(child.wait(), End::Signal(libc::SIGKILL));
    }
    ec.run(&Step::Reset);
    device.unbind();
    for (call, child, _) in sleepers {
        assert_eq!(child.wait(), End::Exit(code(call.gone)), "{}", call.name);
    }
}
