// SPDX-License-Identifier: GPL-2.0

//! A user of edu that makes random calls, and knows the allowed outcomes.

use devscope_tests::{
    device::open,
    diff::Random,
    edu,
    events::{poll_for, GONE},
};
use rustix::{
    event::PollFlags,
    fd::OwnedFd,
    fs::OFlags,
    io::{read, write, Errno, Result},
};
use std::{collections::BTreeMap, path::PathBuf, thread, time::Duration};

/// How often each outcome occurred: "ok", or the name of the errno.
pub type Tally = BTreeMap<String, u64>;

/// Stands for a wrong answer of the device. The driver never returns it.
const WRONG_ANSWER: Errno = Errno::BADMSG;

/// OK only if the answer of the device was right.
fn check(right: bool) -> Result<()> {
    right.then_some(()).ok_or(WRONG_ANSWER)
}

/// The name of an errno, of those that occur here.
pub fn errno_name(errno: Errno) -> String {
    let name = match errno {
        Errno::NODEV => "ENODEV",
        Errno::NXIO => "ENXIO",
        Errno::NOENT => "ENOENT",
        Errno::AGAIN => "EAGAIN",
        WRONG_ANSWER => "wrong answer",
        other => return format!("errno {}", other.raw_os_error()),
    };
    name.to_owned()
}

/// A user.
pub struct User {
    node: PathBuf,
    flags: OFlags,
    random: Random,
    file: Option<OwnedFd>,
    /// Whether the file has reported that its device is gone. All later calls must report it, too.
    gone: bool,
    /// The outcomes so far.
    pub tally: Tally,
    /// The first outcome that is not allowed.
    pub wrong: Option<String>,
}

impl User {
    /// Creates a user of `node`. If it is not patient, it opens with `O_NONBLOCK`.
    pub fn new(node: PathBuf, patient: bool, seed: u64) -> Self {
        let flags = match patient {
            true => OFlags::RDWR,
            false => OFlags::RDWR | OFlags::NONBLOCK,
        };
        Self {
            node,
            flags,
            random: Random::new(seed, 0),
            file: None,
            gone: false,
            tally: Tally::new(),
            wrong: None,
        }
    }

    /// Makes one call, or opens or closes the file.
    pub fn step(&mut self) {
        let Some(file) = self.file.take() else {
            return self.open();
        };
        if self.random.one_in(if self.gone { 3 } else { 50 }) {
            return;
        }
        let (what, result) = self.call(&file);
        let may_wait = !matches!(what, "read" | "write");
        let right = match result {
            Err(Errno::NODEV) => true,
            _ if self.gone => false,
            Err(Errno::AGAIN) => !may_wait && self.flags.contains(OFlags::NONBLOCK),
            _ => result.is_ok(),
        };
        self.note(what, result, right);
        self.gone |= result == Err(Errno::NODEV);
        self.file = Some(file);
    }

    /// Opens the node, which may be gone.
    fn open(&mut self) {
        let opened = open(&self.node, self.flags);
        let result = opened.as_ref().map(drop).map_err(|error| *error);
        let absent = matches!(result, Err(Errno::NODEV | Errno::NXIO | Errno::NOENT));
        self.note("open", result, result.is_ok() || absent);
        match opened {
            Ok(file) => (self.file, self.gone) = (Some(file), false),
            Err(_) => thread::sleep(Duration::from_millis(1)),
        }
    }

    /// Counts the result of `what`.
    fn note(&mut self, what: &str, result: Result<()>, right: bool) {
        let outcome = result.map_or_else(errno_name, |()| "ok".to_owned());
        *self.tally.entry(outcome).or_default() += 1;
        if !right {
            let text = format!("{what}: {result:?} (gone: {})", self.gone);
            self.wrong.get_or_insert(text);
        }
    }

    /// Makes one random call on the file.
    fn call(&mut self, file: &OwnedFd) -> (&'static str, Result<()>) {
        let number = self.random.below(4000) as u32;
        let is_word = |len| check(len == size_of::<u32>());
        match self.random.below(10) {
            0 => ("poll", poll(file, Duration::ZERO)),
            1 => ("poll", poll(file, Duration::from_millis(20))),
            2..5 => ("read", read(file, &mut [0; 4]).and_then(is_word)),
            5..8 => (
                "write",
                write(file, &number.to_ne_bytes()).and_then(is_word),
            ),
            8 => (
                "ident",
                edu::ident(file).and_then(|ident| check(ident.magic == 0xed)),
            ),
            _ => (
                "alive",
                edu::alive(file, number).and_then(|answer| check(answer == !number)),
            ),
        }
    }
}

/// HUP and ERR come together and mean that the device is gone.
fn poll(file: &OwnedFd, limit: Duration) -> Result<()> {
    let events = poll_for(file, PollFlags::IN, limit);
    match events.intersects(GONE) {
        true if events == GONE => Err(Errno::NODEV),
        true => Err(WRONG_ANSWER),
        false => Ok(()),
    }
}
