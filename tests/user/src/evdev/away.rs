// SPDX-License-Identifier: GPL-2.0

//! A mouse that can be taken away, in each way that a program has.

use super::{Handler, Handlers, Uinput};
use crate::{pace, sleeper::Sleeper, UNBIND_LIMIT};
use rustix::io;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// One step to the right, `EV_REL REL_X 1`.
pub const STEP: (u16, u16, i32) = (2, 0, 1);

/// How it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By `UI_DEV_DESTROY`.
    Destroy,
    /// By the end of its maker.
    Close,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Destroy, Self::Close];
}

/// A mouse of uinput's, with one handler.
pub struct Mouse {
    way: Way,
    device: Option<Uinput>,
    node: PathBuf,
    input: String,
}

impl Mouse {
    /// A mouse.
    ///
    /// # Panics
    ///
    /// If it has not exactly one node.
    pub fn new(way: Way) -> Self {
        let device = Uinput::mouse("devscope mouse");
        Self {
            way,
            node: device.node(),
            input: device.name().to_owned(),
            device: Some(device),
        }
    }

    /// Its node.
    pub fn node(&self) -> &Path {
        &self.node
    }

    /// What sysfs calls it.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// The device, while it is there.
    ///
    /// # Panics
    ///
    /// If it is not any more.
    pub fn device(&self) -> &Uinput {
        self.device.as_ref().expect("a mouse that is there")
    }

    /// Moves one step, which is a packet of two events.
    pub fn step(&self) {
        self.device().packet(&[STEP]);
    }

    /// Goes away, which must take less than [`UNBIND_LIMIT`]. Returns how long it took.
    ///
    /// # Panics
    ///
    /// If it takes longer.
    pub fn unplug(&mut self) -> Duration {
        let device = self.device.take().expect("a mouse that is there");
        let took = match self.way {
            Way::Destroy => timed("destroy", {
                let device = Arc::new(device);
                move || device.destroy()
            }),
            Way::Close => timed("close", move || {
                drop(device);
                Ok(())
            }),
        };
        pace::assert_within(took, UNBIND_LIMIT, "unplug");
        took
    }
}

/// Runs something on a thread of its own, which must succeed and come back. Returns how long it
/// took.
///
/// # Panics
///
/// If it fails, or does not come back.
pub fn timed(
    what: &'static str,
    call: impl FnOnce() -> io::Result<()> + Send + 'static,
) -> Duration {
    let start = Instant::now();
    let thread = Sleeper::start(what, move || (call(), start.elapsed()));
    let (result, took) = thread.result();
    eprintln!("{what}: {:.1} ms", took.as_secs_f64() * 1e3);
    result.unwrap_or_else(|e| panic!("{what}: {e}"));
    took
}

/// Runs `test` with each handler alone, of those that are [compared](Handler::compared) here.
pub fn each(mut test: impl FnMut(&Handlers, Handler)) {
    for &handler in Handler::compared() {
        eprintln!("{handler:?}");
        test(&Handlers::only(handler), handler);
    }
}

/// Runs `test` with each handler alone, on a mouse that goes away in each way.
pub fn each_mouse(test: impl Fn(&mut Mouse)) {
    each(|_, _| {
        for way in Way::ALL {
            eprintln!("{way:?}");
            test(&mut Mouse::new(way));
        }
    });
}
