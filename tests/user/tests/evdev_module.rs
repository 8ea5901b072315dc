// SPDX-License-Identifier: GPL-2.0

//! The handler's module cannot be removed while a file is open in any way. Afterwards it can at
//! once, while devices exist and send events.

use devscope_tests::{
    child::{Child, End},
    evdev::{
        away::{timed, Mouse, Way, STEP},
        client::{assert_no_node, client, impatient, read_events},
        ioctls::{grab, revoke},
        uinput::SYN_REPORT,
        Handler, Uinput,
    },
    events::{epoll_on, poll_for},
    fdpass,
    module::{is_loaded, load, unload, Loaded},
    pace,
    proc::calls,
    ring::Ring,
    sleeper::Sleeper,
    wait_until, FOR_EVER, HANG, UNBIND_LIMIT,
};
use rustix::{
    event::{epoll::EventFlags, PollFlags},
    fd::{AsFd, OwnedFd},
    io::Errno,
};
use std::sync::{
    atomic::{AtomicBool, Ordering::Relaxed},
    Arc,
};

const PACKET: [(u16, u16, i32); 2] = [STEP, SYN_REPORT];

/// The module of a handler, loaded until this is dropped.
struct Module {
    name: &'static str,
    _dependencies: Loaded,
}

impl Module {
    fn load(handler: Handler) -> Self {
        let name = handler.module();
        let module = Self {
            name,
            _dependencies: Loaded::dependencies_of(name),
        };
        module.again();
        module
    }

    fn again(&self) {
        load(self.name, "").unwrap_or_else(|e| panic!("insmod {}: {e}", self.name));
    }

    /// Removes it after all files are closed. (Some are closed a moment later, by the last task
    /// that is in a call.)
    fn remove(&self) {
        let mut result = Err(Errno::AGAIN);
        wait_until(HANG, || {
            result = unload(self.name);
            result != Err(Errno::AGAIN)
        });
        assert_eq!(result, Ok(()), "rmmod {}", self.name);
        assert!(!is_loaded(self.name));
    }

    fn assert_busy(&self, why: &str) {
        assert_eq!(unload(self.name), Err(Errno::AGAIN), "{why}");
    }

    /// Drops one holder after the other, and asserts that the module is busy until the last.
    fn assert_busy_for_each(&self, holders: Vec<(&'static str, Box<dyn std::any::Any>)>) {
        for (name, holder) in holders {
            self.assert_busy(name);
            drop(holder);
        }
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        if is_loaded(self.name) {
            wait_until(HANG, || unload(self.name).is_ok());
        }
    }
}

/// Runs `test` with each handler.
fn each(test: impl Fn(&Module)) {
    for handler in Handler::BOTH {
        eprintln!("{handler:?}");
        test(&Module::load(handler));
    }
}

/// A thread that moves a mouse all the time.
struct Flow {
    stop: Arc<AtomicBool>,
    thread: Sleeper<u64>,
}

impl Flow {
    fn of(device: Arc<Uinput>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = Sleeper::start("events", move || {
            let mut count = 0;
            while !stopped.load(Relaxed) {
                device.packet(&[STEP]);
                count += 1;
            }
            count
        });
        Self { stop, thread }
    }

    /// Ends it. Returns the number of steps.
    fn end(self) -> u64 {
        self.stop.store(true, Relaxed);
        self.thread.result()
    }
}

/// Ways to keep a file open without a descriptor in this program.
fn holders(mouse: &Mouse) -> Vec<(&'static str, Box<dyn std::any::Any>)> {
    let file = || client(mouse.node());
    let mut ring = Ring::new();
    let polled = file();
    ring.poll(&polled, PollFlags::IN);
    drop(polled);
    let (ours, theirs) = fdpass::pair();
    let passed = file();
    fdpass::send(&theirs, passed.as_fd());
    drop(passed);
    let revoked = file();
    revoke(&revoked).expect("revoke");
    let grabbing = file();
    grab(&grabbing).expect("grab");
    let watched = file();
    let epoll = epoll_on(&watched, EventFlags::IN);
    vec![
        ("a file", Box::new(file())),
        ("a revoked file", Box::new(revoked)),
        ("a grab", Box::new(grabbing)),
        ("a file in epoll", Box::new((watched, epoll))),
        ("a poll of io_uring's", Box::new(ring)),
        ("a file on its way", Box::new((ours, theirs))),
    ]
}

#[test]
fn not_while_a_file_is_open() {
    each(|module| {
        let mouse = Mouse::new(Way::Destroy);
        module.assert_busy_for_each(holders(&mouse));
        module.remove();
        assert_no_node(mouse.node());
    });
}

/// The device is gone, and its files are still open.
#[test]
fn not_while_a_dead_file_is_open() {
    each(|module| {
        let mut mouse = Mouse::new(Way::Destroy);
        let holders = holders(&mouse);
        mouse.unplug();
        module.assert_busy_for_each(holders);
        module.remove();
    });
}

#[test]
fn not_while_somebody_sleeps_in_it() {
    each(|module| {
        let mouse = Mouse::new(Way::Destroy);
        let start = |what, calls, call: fn(OwnedFd) -> bool| {
            let file = client(mouse.node());
            Sleeper::asleep(what, calls, move || call(file))
        };
        let reader = start("a reader", calls::READ, |file| read_events(file).is_ok());
        module.assert_busy("a reader");
        mouse.step();
        assert!(reader.result());
        let poller = start("a poller", calls::POLL, |file| {
            poll_for(file, PollFlags::IN, FOR_EVER) == PollFlags::IN
        });
        module.assert_busy("a poller");
        mouse.step();
        assert!(poller.result());
        let file = client(mouse.node());
        let child = Child::fork(|| read_events(&file).is_ok().into());
        child.wait_asleep(calls::READ);
        drop(file);
        module.assert_busy("a process");
        child.signal(libc::SIGKILL);
        assert_eq!(child.wait(), End::Signal(libc::SIGKILL));
        module.remove();
    });
}

#[test]
fn while_events_flow() {
    const TIMES: usize = 10;
    each(|module| {
        let device = Arc::new(Uinput::mouse("devscope mouse"));
        let flow = Flow::of(device.clone());
        for _ in 0..TIMES {
            let node = device.node();
            let file = client(&node);
            // The events come.
            assert!(!read_events(&file).expect("events").is_empty());
            module.assert_busy("a file");
            drop(file);
            let name = module.name;
            let took = timed("rmmod", move || unload(name));
            pace::assert_within(took, UNBIND_LIMIT, "rmmod");
            assert_no_node(&node);
            assert!(device.nodes().is_empty());
            module.again();
        }
        let steps = flow.end();
        eprintln!("{steps} steps");
        assert!(steps > TIMES as u64, "only {steps} steps");
        let file = impatient(&device.node());
        device.packet(&[STEP]);
        assert_eq!(read_events(&file), Ok(PACKET.to_vec()));
    });
}

/// Devices are added and removed while the handler is loaded and unloaded.
#[test]
fn while_devices_come_and_go() {
    const TIMES: usize = 10;
    each(|module| {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let devices = Sleeper::start("devices", move || {
            let mut count = 0;
            while !stopped.load(Relaxed) {
                let device = Uinput::mouse("devscope mouse");
                device.packet(&[STEP]);
                count += 1;
            }
            count
        });
        for _ in 0..TIMES {
            module.remove();
            module.again();
        }
        stop.store(true, Relaxed);
        let count = devices.result();
        eprintln!("{count} devices");
        assert!(count > 0, "no device came");
    });
}
