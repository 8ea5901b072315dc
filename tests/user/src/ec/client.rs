// SPDX-License-Identifier: GPL-2.0

//! A client of a controller that does one random thing after another, and knows what may come out.

use super::{read_memory, script, set_event_mask, transfer, Step, GET_VERSION, HELLO, HELLO_ADDS};
use crate::{
    events::{poll_for, GONE},
    session::{check, Session},
};
use rustix::{
    event::PollFlags,
    fd::OwnedFd,
    io::{read, Errno, Result},
};
use std::{path::Path, time::Duration};

const NODE: &str = "/dev/cros_ec";
/// `EC_RES_INVALID_PARAM`, with which the controller is told to refuse commands now and then.
const REFUSAL: u16 = 3;

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
    /// Its file, and what came out so far.
    pub session: Session,
}

impl Client {
    /// A client. If it is not patient it opens with `O_NONBLOCK`.
    pub fn new(patient: bool, seed: u64) -> Self {
        Self {
            session: Session::new(patient, seed),
        }
    }

    /// Does one thing.
    pub fn step(&mut self) {
        let Some(file) = self.session.take() else {
            return self.session.open(Path::new(NODE), &[]);
        };
        if self.session.is_enough(3, 50) {
            return;
        }
        let (what, result) = self.call(&file);
        let impatient = self.session.is_impatient();
        self.session
            .judge(what, result, |error| match (error, what) {
                // From a test that ends its clients by signals.
                (Errno::INTR, "read") => true,
                (Errno::AGAIN, "read") => impatient,
                // What a refusal becomes when the version is read.
                (Errno::INVAL, "read") => true,
                _ => false,
            });
        self.session.keep(file);
    }

    fn call(&mut self, file: &OwnedFd) -> (&'static str, Result<()>) {
        let number = self.session.random.number() as u32;
        match self.session.random.below(16) {
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
        let step = match self.session.random.below(8) {
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

fn greet(file: &OwnedFd, number: u32) -> Result<()> {
    let answer = transfer(file, 0, HELLO, &number.to_le_bytes(), 4)?;
    let expected = number.wrapping_add(HELLO_ADDS).to_le_bytes();
    check(match answer.header.result {
        0 => answer.data == expected,
        refused => refused == u32::from(REFUSAL) && answer.data.is_empty(),
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
