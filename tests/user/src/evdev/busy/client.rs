// SPDX-License-Identifier: GPL-2.0

//! A client that does one random thing after another.

use super::calls::{Hands, Kind};
use crate::{busy::errno_name, device::open, diff::Random};
use libc::pid_t;
use rustix::{
    fd::OwnedFd,
    fs::OFlags,
    io::{Errno, Result},
};
use std::{collections::BTreeMap, path::Path, thread, time::Duration};

/// How often each thing ended in each way: `read ok`, `poll ENODEV`.
pub type Tally = BTreeMap<String, u64>;

/// A client.
pub struct Client {
    flags: OFlags,
    file: Option<OwnedFd>,
    /// Whether the file has said that it is good for nothing: it must never change its mind.
    gone: bool,
    random: Random,
    hands: Hands,
    tally: Tally,
    wrong: Option<String>,
}

impl Client {
    /// A client. If it is not patient it opens with `O_NONBLOCK`. SIGIO goes to `listener`.
    pub fn new(patient: bool, seed: u64, listener: pid_t) -> Self {
        let flags = match patient {
            true => OFlags::RDWR,
            false => OFlags::RDWR | OFlags::NONBLOCK,
        };
        Self {
            flags,
            file: None,
            gone: false,
            random: Random::new(seed, 0),
            hands: Hands::new(listener),
            tally: Tally::new(),
            wrong: None,
        }
    }

    /// How often each outcome came, and the first thing that should not have come out.
    pub fn into_result(self) -> (Tally, Option<String>) {
        (self.tally, self.wrong)
    }

    /// Whether nothing came out that should not have.
    pub fn all_right(&self) -> bool {
        self.wrong.is_none()
    }

    /// Closes its file.
    pub fn close(&mut self) {
        self.file = None;
    }

    /// Does one thing: with its file, or else opens one of `nodes`.
    pub fn step(&mut self, nodes: impl FnOnce() -> Vec<std::path::PathBuf>) {
        let Some(file) = self.file.take() else {
            let nodes = nodes();
            return match nodes.is_empty() {
                true => thread::sleep(Duration::from_millis(1)),
                false => {
                    let at = self.random.below(nodes.len() as u64) as usize;
                    self.open(&nodes[at]);
                }
            };
        };
        // Now and then it closes: a dead file soon, a live one seldom.
        if self.random.one_in(if self.gone { 4 } else { 40 }) {
            return;
        }
        let (what, result) = self.hands.call(&file, &mut self.random);
        self.judge(what, result);
        self.file = Some(file);
    }

    fn open(&mut self, node: &Path) {
        let opened = open(node, self.flags);
        self.count("open", opened.as_ref().err().copied());
        match opened {
            Ok(file) => (self.file, self.gone) = (Some(file), false),
            Err(Errno::NODEV | Errno::NXIO | Errno::NOENT) => {
                thread::sleep(Duration::from_millis(1));
            }
            // See below.
            Err(Errno::INTR) => {}
            Err(other) => self.wrong("open", Err(other)),
        }
    }

    fn count(&mut self, what: Kind, error: Option<Errno>) {
        let outcome = error.map_or("ok".to_owned(), errno_name);
        *self.tally.entry(format!("{what} {outcome}")).or_default() += 1;
    }

    fn wrong(&mut self, what: Kind, result: Result<()>) {
        let text = format!("{what}: {result:?} (gone: {})", self.gone);
        self.wrong.get_or_insert(text);
    }

    fn judge(&mut self, what: Kind, result: Result<()>) {
        self.count(what, result.err());
        let fine = match (what, result) {
            // They have nothing to do with the device.
            ("mmap", Err(Errno::NODEV)) | ("seek", Err(Errno::SPIPE)) => return,
            // C has it be set and reset for ever.
            ("fcntl", Ok(())) => return,
            // What a ring has put off until now interrupts it.
            (_, Err(Errno::INTR)) => return,
            // It has to be agreed to by somebody who goes before the device does.
            ("effect", Err(Errno::NODEV)) => return,
            (_, Err(Errno::NODEV)) => true,
            _ if self.gone => false,
            ("revoke", Ok(())) => {
                self.gone = true;
                return;
            }
            ("mmap" | "seek", Ok(())) => false,
            (_, Ok(())) => true,
            ("read" | "readv", Err(Errno::AGAIN)) => self.flags.contains(OFlags::NONBLOCK),
            ("io_uring", Err(Errno::AGAIN)) => self.flags.contains(OFlags::NONBLOCK),
            ("grab", Err(Errno::BUSY)) | ("ungrab", Err(Errno::INVAL)) => true,
            ("effect", Err(Errno::NOSPC | Errno::INVAL | Errno::ACCESS | Errno::NOSYS)) => true,
            // No repeat, no slots, no name of a place; a keymap that cannot be changed.
            ("ioctl" | "compat ioctl", Err(Errno::INVAL | Errno::NOSYS | Errno::NOENT)) => true,
            _ => false,
        };
        if !fine {
            self.wrong(what, result);
        }
        self.gone |= result == Err(Errno::NODEV);
    }
}
