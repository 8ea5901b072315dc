// SPDX-License-Identifier: GPL-2.0

//! A client of a controller that does one random thing after another, and knows what may come out.

use super::{read_memory, script, set_event_mask, transfer, Step, GET_VERSION, HELLO, HELLO_ADDS};
use crate::{
    busy::{errno_name, Tally},
    device::open,
    diff::Random,
    events::{poll_for, GONE},
};
use rustix::{
    event::PollFlags,
    fd::OwnedFd,
    fs::OFlags,
    io::{read, Errno, Result},
};
use std::{path::Path, thread, time::Duration};

const NODE: &str = "/dev/cros_ec";
/// `EC_RES_INVALID_PARAM`, with which the controller is told to refuse commands now and then.
const REFUSAL: u16 = 3;
/// Stands for a controller that answered wrongly; no driver says it here.
const WRONG_ANSWER: Errno = Errno::BADMSG;

/// All events, as fast as this many milliseconds.
pub const STREAM: Step<'static> = Step::Events {
    kind: 5,
    data: &[0; 4],
    count: 0,
    every: 2,
    numbered: true,
};

/// A client.
pub struct Client {
    flags: OFlags,
    file: Option<OwnedFd>,
    /// Whether the open file has said that its device is gone: it must never change its mind.
    gone: bool,
    random: Random,
    tally: Tally,
    wrong: Option<String>,
}

impl Client {
    /// A client. If it is not patient it opens with `O_NONBLOCK`.
    pub fn new(patient: bool, seed: u64) -> Self {
        let flags = match patient {
            true => OFlags::RDWR,
            false => OFlags::RDWR | OFlags::NONBLOCK,
        };
        Self {
            flags,
            file: None,
            gone: false,
            random: Random::new(seed, 0),
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

    /// Does one thing.
    pub fn step(&mut self) {
        let Some(file) = self.file.take() else {
            return self.open();
        };
        // Now and then it closes: a dead file soon, a live one seldom.
        if self.random.one_in(if self.gone { 3 } else { 50 }) {
            return;
        }
        let (what, result) = self.call(&file);
        self.judge(what, result);
        self.file = Some(file);
    }

    fn open(&mut self) {
        let opened = open(Path::new(NODE), self.flags);
        self.count(opened.as_ref().err().copied());
        match opened {
            Ok(file) => (self.file, self.gone) = (Some(file), false),
            Err(Errno::NODEV | Errno::NXIO | Errno::NOENT) => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(other) => self.wrong("open", Err(other)),
        }
    }

    fn count(&mut self, error: Option<Errno>) {
        let name = error.map_or("ok".to_owned(), errno_name);
        *self.tally.entry(name).or_default() += 1;
    }

    fn wrong(&mut self, what: &str, result: Result<()>) {
        let text = format!("{what}: {result:?} (gone: {})", self.gone);
        self.wrong.get_or_insert(text);
    }

    fn judge(&mut self, what: &'static str, result: Result<()>) {
        self.count(result.err());
        let fine = match (result, what) {
            (Err(Errno::NODEV), _) => true,
            (_, _) if self.gone => false,
            (Ok(()), _) => true,
            // From a test that ends its clients by signals.
            (Err(Errno::INTR), "read") => true,
            (Err(Errno::AGAIN), "read") => self.flags.contains(OFlags::NONBLOCK),
            // What a refusal becomes when the version is read.
            (Err(Errno::INVAL), "read") => true,
            _ => false,
        };
        if !fine {
            self.wrong(what, result);
        }
        self.gone |= result == Err(Errno::NODEV);
    }

    fn call(&mut self, file: &OwnedFd) -> (&'static str, Result<()>) {
        let number = self.random.number() as u32;
        match self.random.below(16) {
            0 => ("poll", poll(file, Duration::ZERO)),
            1 => ("poll", poll(file, Duration::from_millis(20))),
            2 => ("mask", set_event_mask(file, 0)),
            3 => ("mask", set_event_mask(file, usize::MAX)),
            4..7 => ("hello", greet(file, number)),
            7 => (
                "version",
                transfer(file, 0, GET_VERSION, &[], 100).map(drop),
            ),
            8..10 => ("memory", memory(file)),
            10 => ("script", self.script(file)),
            _ => ("read", read(file, &mut [0; 128]).map(drop)),
        }
    }

    /// Has the controller be slow, refuse, or raise events.
    fn script(&mut self, file: &OwnedFd) -> Result<()> {
        let step = match self.random.below(8) {
            0 => Step::Slow { count: 2, ms: 5 },
            1..3 => Step::Fail {
                count: 1,
                result: REFUSAL,
            },
            3 => STREAM,
            _ => Step::Events {
                kind: 3,
                data: &[1, 2, 3, 4],
                count: 4,
                every: 0,
                numbered: false,
            },
        };
        transfer(file, 0, script::COMMAND, &step.encode(), 0).map(drop)
    }
}

/// OK only if the controller answered rightly.
fn check(right: bool) -> Result<()> {
    right.then_some(()).ok_or(WRONG_ANSWER)
}

fn greet(file: &OwnedFd, number: u32) -> Result<()> {
    let answer = transfer(file, 0, HELLO, &number.to_le_bytes(), 4)?;
    let expected = number.wrapping_add(HELLO_ADDS).to_le_bytes();
    check(match answer.header.result {
        0 => answer.data == expected,
        refused => refused == REFUSAL.into() && answer.data.is_empty(),
    })
}

fn memory(file: &OwnedFd) -> Result<()> {
    let (count, memory) = read_memory(file, 0x20, 2)?;
    check(count == 2 && &memory.buffer[..2] == b"EC")
}

/// HUP means that the device is gone; ours says ERR with it.
fn poll(file: &OwnedFd, limit: Duration) -> Result<()> {
    let events = poll_for(file, PollFlags::IN, limit);
    match events.contains(PollFlags::HUP) {
        true => check(GONE.contains(events)).and(Err(Errno::NODEV)),
        false => check(!events.intersects(GONE)),
    }
}
