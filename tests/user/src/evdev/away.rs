// SPDX-License-Identifier: GPL-2.0

//! A mouse that can be unplugged, in each way that a program has.

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

/// How it is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By `UI_DEV_DESTROY`.
    Destroy,
    /// By closing the file of uinput.
    Close,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Destroy, Self::Close];
}

/// A uinput mouse, with one handler.
pub struct Mouse {
    way: Way,
    device: Option<Uinput>,
    node: PathBuf,
    input: String,
}

impl Mouse {
    /// Creates a mouse.
    ///
    /// # Panics
    ///
    /// If it does not have exactly one node.
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

    /// Its name in sysfs.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// The device.
    ///
    /// # Panics
    ///
    /// If it was unplugged.
    pub fn device(&self) -> &Uinput {
        self.device.as_ref().expect("a mouse that is there")
    }

    /// Moves one step, which is a packet of two events.
    pub fn step(&self) {
        self.device().packet(&[STEP]);
    }

    /// Unplugs it, which must take less than [`UNBIND_LIMIT`]. Returns how long it took.
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

/// Runs a closure in a separate thread, which must succeed and return. Returns how long it took.
///
/// # Panics
///
/// If it fails, or does not return.
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

/// Runs `test` with each handler alone, on a mouse for each way to remove it.
pub fn each_mouse(test: impl Fn(&mut Mouse)) {
    each(|_, _| {
        for way in Way::ALL {
            eprintln!("{way:?}");
            test(&mut Mouse::new(way));
        }
    });
}
