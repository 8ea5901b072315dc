// SPDX-License-Identifier: GPL-2.0

//! A device under test.

use super::{kind::Kind, responder::Responder};
use crate::evdev::{
    testinput::TestInput,
    uinput::{decode, encode, Event, EVENT},
    Uinput,
};
use rustix::io::{self, Errno};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A device that a program creates, or the one that is a module.
#[derive(Debug)]
pub enum Device {
    /// Created by uinput. A responder answers force feedback requests.
    Uinput(Option<Responder>, Uinput),
    /// The module.
    Module(TestInput),
}

impl Device {
    /// Creates a device.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn new(kind: Kind) -> Self {
        if kind == Kind::Module {
            return Self::Module(TestInput::load(""));
        }
        let uinput = kind.builder().create();
        let responder = kind.asks().then(|| Responder::new(&uinput));
        Self::Uinput(responder, uinput)
    }

    /// Its node.
    ///
    /// # Panics
    ///
    /// If there is none, or more than one.
    pub fn node(&self) -> PathBuf {
        match self {
            // The list in /proc may lack it while others are added and removed.
            Self::Uinput(_, uinput) => match &event_nodes(&uinput.sysfs())[..] {
                [node] => node.clone(),
                nodes => panic!("{} has these nodes: {nodes:?}", uinput.name()),
            },
            Self::Module(module) => module.node(),
        }
    }

    /// Makes it report events, all with this time of the monotonic clock in microseconds, or now.
    ///
    /// # Errors
    ///
    /// ENODEV or EINVAL if it is gone.
    pub fn inject(&self, events: &[Event], time: Option<u64>) -> io::Result<()> {
        match self {
            Self::Uinput(_, uinput) => {
                let time = time.unwrap_or(0);
                let time = [time / 1_000_000, time % 1_000_000].map(u64::to_ne_bytes);
                let bytes = |&event: &Event| {
                    let mut bytes = encode(event);
                    bytes[..EVENT - 8].copy_from_slice(&time.concat());
                    bytes
                };
                let bytes: Vec<u8> = events.iter().flat_map(bytes).collect();
                io::write(uinput, &bytes).map(drop)
            }
            Self::Module(module) => module
                .send(events)
                .map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO)),
        }
    }

    /// The events that it got since the last call, such as to light an LED.
    pub fn told(&self) -> String {
        let Self::Uinput(_, uinput) = self else {
            return String::new();
        };
        // uinput keeps 16 at most.
        let mut bytes = [0; 16 * EVENT];
        let len = io::read(uinput, &mut bytes).unwrap_or(0);
        let events = bytes[..len].chunks_exact(EVENT);
        let text = |event: &[u8]| show(decode(event.try_into().expect("a whole event")));
        events.map(text).collect()
    }

    /// Makes a call that may send requests to it. If `refuses`, it refuses to remove effects. Also
    /// returns the requests.
    pub fn during<T>(&self, refuses: bool, call: impl FnOnce() -> T) -> (T, String) {
        match self {
            Self::Uinput(Some(responder), _) => responder.during(refuses, call),
            _ => (call(), String::new()),
        }
    }

    /// Removes it.
    ///
    /// # Errors
    ///
    /// Those of uinput, or of sysfs.
    pub fn destroy(&self) -> io::Result<()> {
        match self {
            Self::Uinput(_, uinput) => uinput.destroy(),
            Self::Module(module) => module.try_unbind().0,
        }
    }
}

/// The event nodes of an input device in sysfs.
fn event_nodes(device: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(device).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with("event"))
        .map(|name| Path::new("/dev/input").join(name))
        .collect()
}

/// An event that it got, as text.
pub fn show((kind, code, value): Event) -> String {
    format!(" <{kind:x}:{code:x}:{value}>")
}
