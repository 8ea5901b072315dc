// SPDX-License-Identifier: GPL-2.0

//! What clients have in common that do one random thing after another: a file that is opened and
//! closed again and again, and what came out so far.

use crate::{device::open, diff::Random};
use rustix::{
    fd::OwnedFd,
    fs::OFlags,
    io::{Errno, Result},
};
use std::{collections::BTreeMap, path::Path, thread, time::Duration};

/// How often each outcome came: "ok", or the name of the errno; after the name of the call, if they
/// are counted so.
pub type Tally = BTreeMap<String, u64>;

/// Stands for a device that answered wrongly; no driver says it here.
pub const WRONG_ANSWER: Errno = Errno::BADMSG;

/// OK only if the device answered rightly.
pub fn check(right: bool) -> Result<()> {
    right.then_some(()).ok_or(WRONG_ANSWER)
}

/// The name of an errno of those that come up here.
pub fn errno_name(errno: Errno) -> String {
    let name = match errno {
        Errno::NODEV => "ENODEV",
        Errno::NXIO => "ENXIO",
        Errno::NOENT => "ENOENT",
        Errno::AGAIN => "EAGAIN",
        Errno::TIMEDOUT => "ETIMEDOUT",
        Errno::CANCELED => "ECANCELED",
        WRONG_ANSWER => "wrong answer",
        other => return format!("errno {}", other.raw_os_error()),
    };
    name.to_owned()
}

/// A client's file, and what came out.
pub struct Session {
    /// What it does is drawn from this.
    pub random: Random,
    /// Whether the open file has said that its device is gone: it must never change its mind.
    pub gone: bool,
    by_call: bool,
    flags: OFlags,
    file: Option<OwnedFd>,
    tally: Tally,
    wrong: Option<String>,
}

impl Session {
    /// One of a client that opens with `O_NONBLOCK` if it is not patient.
    pub fn new(patient: bool, seed: u64) -> Self {
        let flags = match patient {
            true => OFlags::RDWR,
            false => OFlags::RDWR | OFlags::NONBLOCK,
        };
        Self {
            random: Random::new(seed, 0),
            gone: false,
            by_call: false,
            flags,
            file: None,
            tally: Tally::new(),
            wrong: None,
        }
    }

    /// Has outcomes be counted for each call.
    pub fn by_call(self) -> Self {
        Self {
            by_call: true,
            ..self
        }
    }

    /// What came out, and the first thing that should not have.
    pub fn into_result(self) -> (Tally, Option<String>) {
        (self.tally, self.wrong)
    }

    /// Whether nothing came out that should not have.
    pub fn all_right(&self) -> bool {
        self.wrong.is_none()
    }

    /// Whether calls return rather than wait.
    pub fn is_impatient(&self) -> bool {
        self.flags.contains(OFlags::NONBLOCK)
    }

    /// Takes its file, unless it has none.
    pub fn take(&mut self) -> Option<OwnedFd> {
        self.file.take()
    }

    /// Whether it is time to close its file: a dead one after about so many calls, a live one after
    /// so many.
    pub fn is_enough(&mut self, dead: u64, live: u64) -> bool {
        self.random.one_in(if self.gone { dead } else { live })
    }

    /// Gives its file back.
    pub fn keep(&mut self, file: OwnedFd) {
        self.file = Some(file);
    }

    /// Opens `node`, which may be gone; `right` are errors that are right beside those of that.
    pub fn open(&mut self, node: &Path, right: &[Errno]) {
        let opened = open(node, self.flags);
        let result = opened.as_ref().map(drop).map_err(|error| *error);
        self.count("open", result);
        match opened {
            Ok(file) => (self.file, self.gone) = (Some(file), false),
            Err(Errno::NODEV | Errno::NXIO | Errno::NOENT) => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) if right.contains(&error) => {}
            Err(_) => self.wrong("open", result),
        }
    }

    /// Counts how `what` ended.
    pub fn count(&mut self, what: &str, result: Result<()>) {
        let outcome = result.map_or_else(errno_name, |()| "ok".to_owned());
        let outcome = match self.by_call {
            true => format!("{what} {outcome}"),
            false => outcome,
        };
        *self.tally.entry(outcome).or_default() += 1;
    }

    /// Counts and judges how `what` ended. `is_right` knows the errors that are right of a device
    /// that is there, beside ENODEV.
    pub fn judge(&mut self, what: &str, result: Result<()>, is_right: impl FnOnce(Errno) -> bool) {
        self.count(what, result);
        let fine = match result {
            Err(Errno::NODEV) => true,
            _ if self.gone => false,
            Ok(()) => true,
            Err(error) => is_right(error),
        };
        if !fine {
            self.wrong(what, result);
        }
        self.gone |= result == Err(Errno::NODEV);
    }

    /// Takes note that `what` should not have ended like this.
    pub fn wrong(&mut self, what: &str, result: Result<()>) {
        let text = format!("{what}: {result:?} (gone: {})", self.gone);
        self.wrong.get_or_insert(text);
    }
}
