// SPDX-License-Identifier: GPL-2.0

//! A user of a device that does one random thing after another, and knows what may come out.

use crate::{
    edu,
    events::{poll_for, GONE},
    session::{check, Session, WRONG_ANSWER},
    testchild,
    testdev::{self, Wait, MEM_SIZE},
};
use rustix::{
    event::PollFlags,
    fd::OwnedFd,
    io::{pread, pwrite, read, write, Errno, Result},
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// What a node is, from its name.
#[derive(Clone, Copy)]
enum Kind {
    Edu,
    Fifo,
    Mem,
    Child,
}

/// A user of one node.
pub struct User {
    node: PathBuf,
    kind: Kind,
    /// Its file, and what came out so far.
    pub session: Session,
}

impl User {
    /// A user of the node at `path`. If it is not patient it opens with `O_NONBLOCK`.
    pub fn new(path: &Path, patient: bool, seed: u64) -> Self {
        let name = path.to_string_lossy();
        // The memory of edu is one as well.
        let kind = match (name.contains('-'), name.contains("edu")) {
            (true, _) => Kind::Mem,
            (_, true) => Kind::Edu,
            _ if name.contains("testchild") => Kind::Child,
            _ => Kind::Fifo,
        };
        Self {
            node: path.to_owned(),
            kind,
            session: Session::new(patient, seed),
        }
    }

    /// Does one thing.
    pub fn step(&mut self) {
        let Some(file) = self.session.take() else {
            return self.session.open(&self.node, &[]);
        };
        if self.session.is_enough(3, 50) {
            return;
        }
        let (what, result) = self.call(&file);
        let impatient = self.session.is_impatient();
        let name = format!("{what} on {}", self.node.display());
        self.session
            .judge(&name, result, |error| match (error, what) {
                (Errno::AGAIN, "read" | "write" | "pread" | "pwrite" | "wait") => impatient,
                (Errno::NOSPC, "pwrite") => true,
                (Errno::TIMEDOUT, "wait") => true,
                (Errno::CANCELED, "hidden") => true,
                _ => false,
            });
        self.session.keep(file);
    }

    /// Makes one random call on the file.
    fn call(&mut self, file: &OwnedFd) -> (&'static str, Result<()>) {
        let random = &mut self.session.random;
        let (choice, number) = (random.below(10), random.below(4000));
        match (self.kind, choice) {
            (_, 0) => ("poll", self.poll(file, Duration::ZERO)),
            (_, 1) => ("poll", self.poll(file, Duration::from_millis(20))),
            (Kind::Edu, choice) => edu_call(file, choice, number as u32),
            (Kind::Fifo, choice) => fifo_call(file, choice, number as usize),
            (Kind::Mem, choice) => mem_call(file, choice, number),
            (Kind::Child, choice) => child_call(file, choice),
        }
    }

    /// HUP and ERR come together and mean that the device is gone.
    fn poll(&mut self, file: &OwnedFd, limit: Duration) -> Result<()> {
        let events = poll_for(file, PollFlags::IN, limit);
        match events.intersects(GONE) {
            true if events == GONE => Err(Errno::NODEV),
            true => Err(WRONG_ANSWER),
            false => Ok(()),
        }
    }
}

fn edu_call(file: &OwnedFd, choice: u64, number: u32) -> (&'static str, Result<()>) {
    match choice {
        2..5 => (
            "read",
            read(file, &mut [0; 4]).and_then(|len| check(len == 4)),
        ),
        5..8 => (
            "write",
            write(file, &number.to_ne_bytes()).and_then(|len| check(len == 4)),
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

fn fifo_call(file: &OwnedFd, choice: u64, number: usize) -> (&'static str, Result<()>) {
    match choice {
        2..4 => ("read", read(file, &mut [0; 4000][..number]).map(drop)),
        4..6 => ("write", write(file, &[7; 4000][..number]).map(drop)),
        6 => {
            let mut bytes = [number as u8; 64];
            let echo = testdev::echo(file, &mut bytes);
            (
                "echo",
                echo.and_then(|()| check(bytes == [!(number as u8); 64])),
            )
        }
        7 => (
            "wait",
            testdev::wait(file, Wait::timeout(number as u32 % 50)),
        ),
        8 if number.is_multiple_of(8) => ("hidden", testdev::hidden(file)),
        8 => ("release", testdev::release(file)),
        _ => ("work", testdev::work(file, number % 5)),
    }
}

fn mem_call(file: &OwnedFd, choice: u64, number: u64) -> (&'static str, Result<()>) {
    let len = number as usize % MEM_SIZE;
    match choice {
        2..6 => (
            "pread",
            pread(file, &mut [0; MEM_SIZE][..len], number).map(drop),
        ),
        _ => (
            "pwrite",
            pwrite(file, &[7; MEM_SIZE][..len], number).map(drop),
        ),
    }
}

fn child_call(file: &OwnedFd, choice: u64) -> (&'static str, Result<()>) {
    match choice {
        2..5 => (
            "read",
            testchild::read(file).and_then(|headers| check(headers == [testchild::HEADER; 2])),
        ),
        5..8 => ("write", testchild::sample(file)),
        _ => (
            "own cookie",
            match testchild::own_cookie(file) {
                Ok(()) => Err(WRONG_ANSWER),
                Err(Errno::INVAL) => Ok(()),
                Err(other) => Err(other),
            },
        ),
    }
}
