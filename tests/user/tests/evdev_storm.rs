// SPDX-License-Identifier: GPL-2.0

//! Eight busy clients, while devices come and go, and while the handler's module does.

use devscope_tests::{
    evdev::{
        away::STEP,
        busy::{Crowd, Total},
        effects::Owner,
        handler::Handlers,
        uinput::{Bits, Builder},
        Handler, Uinput,
    },
    module::{load, unload, Loaded},
    sleeper::Sleeper,
    HANG,
};
use libc::input_absinfo;
use rustix::io::Errno;
use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    sync::{
        atomic::{AtomicBool, Ordering::Relaxed},
        Arc,
    },
    thread,
    time::{Duration, Instant},
};

const CLIENTS: usize = 8;
/// How often ours comes and goes, as far as the time allows, and how long that is; and the same of
/// C's, to show that the storm itself is right.
const STORMS: [(Handler, usize, Duration); 2] = [
    (Handler::Devscope, 500, Duration::from_secs(60)),
    (Handler::C, 50, Duration::from_secs(5)),
];
/// It goes on for at least so many cycles, ...
const LEAST: usize = 15;
/// ... up to this time.
const PATIENCE: Duration = Duration::from_secs(120);

/// How much the clients do before the next cycle.
const THINGS: usize = 100;

/// Whether the storm goes on.
fn goes_on(done: usize, start: Instant, cycles: usize, time: Duration) -> bool {
    let time = if done < LEAST { PATIENCE } else { time };
    done < cycles && start.elapsed() < time
}

/// What there is of input devices.
fn traces() -> [BTreeSet<String>; 2] {
    ["/dev/input", "/sys/class/input"].map(|dir| {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        entries.map(name).collect()
    })
}

/// A device that has nearly everything, and somebody who agrees to its effects.
struct Device {
    device: Arc<Uinput>,
    owner: Owner,
}

impl Device {
    fn new() -> Self {
        let axis = |maximum| input_absinfo {
            value: 0,
            minimum: 0,
            maximum,
            fuzz: 0,
            flat: 0,
            resolution: 0,
        };
        let device = Builder::new("devscope storm")
            .bits(Bits::Key, [0x110])
            .bits(Bits::Rel, [0, 1])
            .bits(Bits::Led, [0])
            .axis(0, axis(100))
            .axis(0x2f, axis(9))
            .axis(0x35, axis(100))
            .effects(4, [evdev::FFEffectCode::FF_RUMBLE.0])
            .create();
        let device = Arc::new(device);
        Self {
            owner: Owner::of(device.clone()),
            device,
        }
    }

    fn node(&self) -> PathBuf {
        self.device.node()
    }

    /// Goes, by `UI_DEV_DESTROY` or by the end of its maker. Returns how long that took.
    fn go(self, destroy: bool) -> Duration {
        let Self { device, owner } = self;
        if !destroy {
            // Whoever waits for an answer is told by the end.
            owner.end();
            return go("close", device, |device| {
                Arc::into_inner(device).expect("the last");
            });
        }
        let took = go("destroy", device, |device| {
            device.destroy().expect("destroy")
        });
        owner.end();
        took
    }
}

/// A click on the way.
fn step(device: &Uinput) {
    device.packet(&[(1, 0x110, 1), STEP]);
    device.packet(&[(1, 0x110, 0), STEP]);
}

/// Does something on a thread of its own, which has to come back.
fn go(
    what: &'static str,
    device: Arc<Uinput>,
    call: impl FnOnce(Arc<Uinput>) + Send + 'static,
) -> Duration {
    let start = Instant::now();
    let thread = Sleeper::start(what, move || {
        call(device);
        start.elapsed()
    });
    thread.result()
}

/// Says how it went, and checks that all that had to come up did.
fn report(what: &str, handler: Handler, mut times: Vec<Duration>, start: Instant, total: &Total) {
    times.sort();
    eprintln!(
        "{what} of {handler:?}: {} in {:.1?}; median {:.1?}, longest {:.1?}; {} things done",
        times.len(),
        start.elapsed(),
        times[times.len() / 2],
        times[times.len() - 1],
        total.count()
    );
    eprintln!("{:?}", total.tally);
    let least = 50 * times.len() as u64;
    assert!(total.count() > least, "the clients did next to nothing");
    for call in [
        "open", "read", "write", "poll", "epoll", "ioctl", "grab", "mask", "fcntl",
    ] {
        assert!(total.of(&format!("{call} ok")) > 0, "no {call} went well");
    }
}

/// Two devices are there; the older goes, and another comes.
#[test]
fn devices_come_and_go() {
    for (handler, cycles, time) in STORMS {
        let handlers = Handlers::only(handler);
        let before = traces();
        let crowd = Crowd::start(CLIENTS);
        let start = Instant::now();
        let mut times = Vec::new();
        let mut older = Device::new();
        while goes_on(times.len(), start, cycles, time) && !crowd.is_over() {
            let newer = Device::new();
            crowd.set_nodes(vec![older.node(), newer.node()]);
            for _ in 0..10 {
                step(&older.device);
                step(&newer.device);
            }
            crowd.wait_for(THINGS);
            times.push(older.go(times.len().is_multiple_of(2)));
            older = newer;
        }
        // The last one ends whoever sleeps.
        crowd.stop();
        older.go(true);
        let total = crowd.result();
        assert_eq!(traces(), before, "something is left behind");
        assert_eq!(handler.users(), 0, "somebody still uses the module");
        drop(handlers);
        let count = times.len();
        report("devices", handler, times, start, &total);
        assert!(count >= LEAST, "only {count} cycles in {PATIENCE:?}");
        for outcome in ["read ENODEV", "poll ENODEV", "ioctl ENODEV", "revoke ok"] {
            assert!(total.of(outcome) > 0, "{outcome} never came");
        }
    }
}

/// Two devices stay, with their events; the module goes as soon as nobody has a file, which is made
/// to be now and then, and comes back.
#[test]
fn modules_come_and_go() {
    for (handler, cycles, time) in STORMS {
        let module = handler.module();
        let _dependencies = Loaded::dependencies_of(module);
        let devices = [Device::new(), Device::new()];
        let before = traces();
        let stop = Arc::new(AtomicBool::new(false));
        let flow = Sleeper::start("events", {
            let devices = devices.each_ref().map(|device| device.device.clone());
            let stop = stop.clone();
            move || {
                while !stop.load(Relaxed) {
                    devices.iter().for_each(|device| step(device));
                    // The clients are to have some of the time.
                    thread::sleep(Duration::from_millis(1));
                }
            }
        });
        let crowd = Crowd::start(CLIENTS);
        let start = Instant::now();
        let (mut times, mut busy) = (Vec::new(), 0);
        while goes_on(times.len(), start, cycles, time) && !crowd.is_over() {
            load(module, "").unwrap_or_else(|e| panic!("insmod {module}: {e}"));
            crowd.set_nodes(devices.iter().map(Device::node).collect());
            crowd.go_on();
            crowd.wait_for(THINGS);
            busy += remove(&crowd, module, &mut times);
            assert_eq!(traces(), before, "something is left behind");
        }
        crowd.stop();
        let total = crowd.result();
        stop.store(true, Relaxed);
        flow.result();
        for device in devices {
            device.go(true);
        }
        let count = times.len();
        report("removals", handler, times, start, &total);
        eprintln!("{busy} times it was busy");
        assert!(count >= LEAST, "only {count} cycles in {PATIENCE:?}");
        assert!(busy >= count, "it was not in use");
    }
}

/// Removes the module, which is in use until the clients let go. Returns how often it was.
fn remove(crowd: &Crowd, module: &'static str, times: &mut Vec<Duration>) -> usize {
    let (mut busy, start) = (0, Instant::now());
    loop {
        // Not when it has just been loaded, or a client would seldom come to anything.
        if busy == 3 {
            crowd.pause();
        }
        let begun = Instant::now();
        match unload(module) {
            Ok(()) => {
                times.push(begun.elapsed());
                return busy;
            }
            Err(Errno::AGAIN) => busy += 1,
            Err(error) => panic!("rmmod {module}: {error}"),
        }
        assert!(start.elapsed() < HANG, "HANG: {module} stays in use");
        thread::sleep(Duration::from_millis(2));
    }
}
