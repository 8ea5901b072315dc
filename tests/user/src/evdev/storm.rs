// SPDX-License-Identifier: GPL-2.0

//! What storms are made of: devices that have nearly everything, under [busy](super::busy) clients.

use super::{
    away::STEP,
    busy::Total,
    effects::Owner,
    uinput::{axis, Bits, Builder},
    Handler, Uinput,
};
use crate::{effort, progress, sleeper::Sleeper};
use std::{
    collections::BTreeSet,
    fs,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

/// How many clients there are.
pub const CLIENTS: usize = 8;
/// How much they do before the next cycle.
pub const THINGS: usize = 100;

/// How often something comes and goes.
pub struct Storm {
    /// Whose it is.
    pub handler: Handler,
    /// How often.
    cycles: usize,
    /// After this time, fewer will do,
    time: Duration,
    /// at least so many.
    least: usize,
}

/// Of ours; and of C's, to show that the storm itself is right: those that are
/// [compared](Handler::compared) here.
pub fn storms() -> impl Iterator<Item = Storm> {
    let cycles = effort::choose(30, 500);
    let ours = Storm {
        handler: Handler::Devscope,
        cycles,
        time: Duration::MAX,
        least: cycles,
    };
    let theirs = Storm {
        handler: Handler::C,
        cycles: effort::choose(10, 50),
        time: Duration::from_secs(20),
        // Rare things must have come up.
        least: 10,
    };
    let here = |storm: &Storm| Handler::compared().contains(&storm.handler);
    [ours, theirs].into_iter().filter(here)
}

impl Storm {
    /// Whether it goes on, after so many cycles.
    pub fn goes_on(&self, done: usize, start: Instant) -> bool {
        progress::tell("storm", done, self.cycles);
        done < self.least || (done < self.cycles && start.elapsed() < self.time)
    }

    /// Says how it went, and checks that all that had to come up did.
    ///
    /// # Panics
    ///
    /// If it did not.
    pub fn judge(&self, what: &str, mut times: Vec<Duration>, start: Instant, total: &Total) {
        let count = times.len();
        times.sort();
        eprintln!(
            "{what} of {:?}: {count} in {:.1?}; median {:.1?}, longest {:.1?}; {} things done",
            self.handler,
            start.elapsed(),
            times[count / 2],
            times[count - 1],
            total.count()
        );
        eprintln!("{:?}", total.tally);
        let least = self.least;
        assert!(count >= least, "only {count} of {least} cycles");
        let done = total.count();
        assert!(done > 50 * count as u64, "the clients did next to nothing");
        for call in [
            "open", "read", "write", "poll", "epoll", "ioctl", "grab", "mask", "fcntl",
        ] {
            assert!(total.of(&format!("{call} ok")) > 0, "no {call} went well");
        }
    }
}

/// What there is of input devices.
pub fn traces() -> [BTreeSet<String>; 2] {
    ["/dev/input", "/sys/class/input"].map(|dir| {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        entries.map(name).collect()
    })
}

/// A device that has nearly everything, and somebody who agrees to its effects.
pub struct Device {
    /// The device.
    pub device: Arc<Uinput>,
    owner: Owner,
}

impl Default for Device {
    fn default() -> Self {
        Self::new()
    }
}

impl Device {
    /// Makes one.
    pub fn new() -> Self {
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

    /// Its node.
    pub fn node(&self) -> PathBuf {
        self.device.node()
    }

    /// Goes, by `UI_DEV_DESTROY` or by the end of its maker. Returns how long that took.
    pub fn go(self, destroy: bool) -> Duration {
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
pub fn step(device: &Uinput) {
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
