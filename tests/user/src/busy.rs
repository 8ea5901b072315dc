// SPDX-License-Identifier: GPL-2.0

//! A user of a device that does one random thing after another, and knows what may come out.

use crate::{
    device::open,
    edu,
    events::{poll_for, GONE},
    testchild,
    testdev::{self, Wait, MEM_SIZE},
};
use rustix::{
    event::PollFlags,
    fd::OwnedFd,
    fs::OFlags,
    io::{pread, pwrite, read, write, Errno, Result},
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

/// How often each outcome came: "ok", or the name of the errno.
pub type Tally = BTreeMap<String, u64>;

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
    flags: OFlags,
    file: Option<OwnedFd>,
    /// Whether the open file has said that its device is gone: it must never change its mind.
    gone: bool,
    random: u64,
    /// What came out so far.
    tally: Tally,
    /// The first thing that should not have come out.
    wrong: Option<String>,
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
        let flags = match patient {
            true => OFlags::RDWR,
            false => OFlags::RDWR | OFlags::NONBLOCK,
        };
        Self {
            node: path.to_owned(),
            kind,
            flags,
            file: None,
            gone: false,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            tally: Tally::new(),
            wrong: None,
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

    /// A random number below `limit` (xorshift).
    fn random(&mut self, limit: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 16) % limit
    }

    /// Does one thing.
    pub fn step(&mut self) {
        let Some(file) = self.file.take() else {
            return self.reopen();
        };
        // Now and then it closes: a dead file soon, a live one seldom.
        if self.random(if self.gone { 3 } else { 50 }) == 0 {
            return;
        }
        let (what, result) = self.call(&file);
        self.judge(what, result);
        self.file = Some(file);
    }

    fn reopen(&mut self) {
        let opened = open(&self.node, self.flags);
        self.count(opened.as_ref().err().copied());
        match opened {
            Ok(file) => {
                (self.file, self.gone) = (Some(file), false);
            }
            Err(Errno::NODEV | Errno::NXIO | Errno::NOENT) => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(other) => self.wrong("open", &format!("{other:?}")),
        }
    }

    fn count(&mut self, error: Option<Errno>) {
        let name = error.map_or("ok".to_owned(), errno_name);
        *self.tally.entry(name).or_default() += 1;
    }

    fn wrong(&mut self, what: &str, outcome: &str) {
        let node = self.node.display();
        let text = format!("{what} on {node}: {outcome} (gone: {})", self.gone);
        self.wrong.get_or_insert(text);
    }

    fn judge(&mut self, what: &'static str, result: Result<()>) {
        self.count(result.err());
        let fine = match (result, what) {
            (Err(Errno::NODEV), _) => true,
            (_, _) if self.gone => false,
            (Ok(()), _) => true,
            (Err(Errno::AGAIN), "read" | "write" | "pread" | "pwrite" | "wait") => {
                self.flags.contains(OFlags::NONBLOCK)
            }
            (Err(Errno::NOSPC), "pwrite") => true,
            (Err(Errno::TIMEDOUT), "wait") => true,
            (Err(Errno::CANCELED), "hidden") => true,
            _ => false,
        };
        if !fine {
            self.wrong(what, &format!("{result:?}"));
        }
        self.gone |= result == Err(Errno::NODEV);
    }

    /// Makes one random call on the file.
    fn call(&mut self, file: &OwnedFd) -> (&'static str, Result<()>) {
        let (choice, number) = (self.random(10), self.random(4000));
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

/// Stands for a device that answered wrongly; no driver here says it.
const WRONG_ANSWER: Errno = Errno::BADMSG;

/// OK only if the device answered rightly.
fn check(right: bool) -> Result<()> {
    right.then_some(()).ok_or(WRONG_ANSWER)
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
