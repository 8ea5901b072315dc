// SPDX-License-Identifier: GPL-2.0

//! One random thing that can be done with an open event node.

use crate::{
    compat,
    diff::Random,
    evdev::{
        abi,
        client::{read_events, write_events},
        effects::{erase, rumble},
        ioctls::{grab, revoke, ungrab, WITH_POINTER},
        uinput::EVENT,
    },
    events::{epoll_next, epoll_on, poll_for, GONE},
    fdpass,
    pages::Pages,
    ring::Ring,
    session::{check, WRONG_ANSWER},
};
use libc::{c_long, pid_t};
use rustix::{
    event::{epoll::EventFlags, PollFlags},
    fd::{AsFd, AsRawFd, OwnedFd},
    fs::{fcntl_getfl, fcntl_setfl, seek, OFlags, SeekFrom},
    io::{dup, Errno, Result},
    ioctl::Opcode,
    mm::{mmap, MapFlags, ProtFlags},
};
use std::time::Duration;

const ASYNC: OFlags = OFlags::from_bits_retain(libc::O_ASYNC as u32);
/// Where in the memory of a call the bits of a mask are.
const BITS: usize = 1024;

/// What a thing is called, for its count and for what may come out.
pub type Kind = &'static str;

/// What calls need.
pub struct Hands {
    /// Where arguments are, below 4 GiB.
    memory: Pages,
    /// Who gets SIGIO, and takes no notice.
    listener: pid_t,
}

impl Hands {
    /// Those whose SIGIO goes to the process `listener`.
    pub fn new(listener: pid_t) -> Self {
        Self {
            memory: Pages::low(1),
            listener,
        }
    }

    /// Does one thing with `file`.
    pub fn call(&self, file: &OwnedFd, random: &mut Random) -> (Kind, Result<()>) {
        match random.below(40) {
            0..6 => ("read", read_events(file).and_then(check_events)),
            6 => ("readv", self.readv(file)),
            7..10 => ("write", write(file, random)),
            10 => ("poll", poll(file, Duration::ZERO)),
            11 => ("poll", poll(file, Duration::from_millis(5))),
            12..14 => ("epoll", epoll(file, random)),
            14..24 => ("ioctl", self.ioctl(file, random)),
            24..27 => ("compat ioctl", self.compat(file, random)),
            27 => ("grab", grab(file)),
            28..30 => ("ungrab", ungrab(file)),
            30 => ("effect", self.effect(file)),
            31 => ("effect", erase(file, random.below(4) as i16)),
            32 => ("mmap", map(file)),
            33 => (
                "dup",
                dup(file).and_then(|copy| poll(&copy, Duration::ZERO)),
            ),
            34 => ("pass", pass(file)),
            35..37 => ("fcntl", self.fasync(file, random.one_in(2))),
            37 => ("seek", seek(file, SeekFrom::Start(0)).map(drop)),
            38 if random.one_in(4) => ("io_uring", uring(file)),
            39 if random.one_in(4) => ("revoke", revoke(file)),
            _ => ("mask", self.mask(file, random)),
        }
    }

    fn readv(&self, file: &OwnedFd) -> Result<()> {
        let count = self.memory.readv(file, &[(0, EVENT), (100, 2 * EVENT)])?;
        check(count.is_multiple_of(EVENT))
    }

    /// Puts an argument into memory that no ioctl takes for worse than it is.
    fn argument(&self, number: Opcode) {
        self.memory.set(0, &[0; 64]);
        match number {
            abi::SEND_EFFECT => self.memory.set(0, &rumble()),
            abi::GET_MASK | abi::SET_MASK => {
                let bits = self.memory.addr() + BITS;
                self.memory.set(0, &1u32.to_ne_bytes());
                self.memory.set(4, &96u32.to_ne_bytes());
                self.memory.set(8, &(bits as u64).to_ne_bytes());
                self.memory.set(BITS, &[0xff; 96]);
            }
            // ABS_MT_POSITION_X.
            crate::evdev::ioctls::SLOTS => self.memory.set(0, &0x35u32.to_ne_bytes()),
            _ => {}
        }
    }

    /// Any ioctl that takes a pointer, but for an upload, which is a thing of its own.
    fn ioctl(&self, file: &OwnedFd, random: &mut Random) -> Result<()> {
        let number = pick(random);
        self.argument(number);
        self.memory.ioctl(file, number, 0).map(drop)
    }

    fn compat(&self, file: &OwnedFd, random: &mut Random) -> Result<()> {
        let number = pick(random);
        self.argument(number);
        // SAFETY: There is memory for the widest of them, and the pointer in it leads there too.
        unsafe { compat::ioctl(file, number, self.memory.addr() as u32) }.map(drop)
    }

    fn effect(&self, file: &OwnedFd) -> Result<()> {
        self.argument(abi::SEND_EFFECT);
        self.memory.ioctl(file, abi::SEND_EFFECT, 0).map(drop)
    }

    /// All keys or none. What is read in [`Self::call`] are no keys.
    fn mask(&self, file: &OwnedFd, random: &mut Random) -> Result<()> {
        self.argument(abi::SET_MASK);
        let byte = random.of(&[0, 0xff]);
        self.memory.set(BITS, &[byte; 96]);
        self.memory.ioctl(file, abi::SET_MASK, 0).map(drop)
    }

    fn fasync(&self, file: &OwnedFd, on: bool) -> Result<()> {
        // SAFETY: It takes no pointer.
        unsafe {
            let owner = c_long::from(self.listener);
            libc::fcntl(file.as_fd().as_raw_fd(), libc::F_SETOWN, owner)
        };
        let mut flags = fcntl_getfl(file)?;
        flags.set(ASYNC, on);
        fcntl_setfl(file, flags)
    }
}

fn pick(random: &mut Random) -> Opcode {
    loop {
        let number = random.of(&WITH_POINTER);
        if number != abi::SEND_EFFECT {
            return number;
        }
    }
}

/// No event of another kind comes than what the devices of the storm send, or the client writes.
fn check_events(events: Vec<(u16, u16, i32)>) -> Result<()> {
    let known = |(kind, code, _)| matches!((kind, code), (0, _) | (1, 0x110) | (2, 0) | (0x11, 0));
    check(!events.is_empty() && events.into_iter().all(known))
}

fn write(file: &OwnedFd, random: &mut Random) -> Result<()> {
    let led = (0x11, 0, random.below(2) as i32);
    let count = write_events(file, &[led, (2, 0, 1), (0, 0, 0)])?;
    check(count == 3 * EVENT)
}

/// What `poll()` said: HUP means that it is good for nothing. C says IN with it for what is unread.
fn judge(events: PollFlags) -> Result<()> {
    match events.contains(PollFlags::HUP) {
        true => check(events - PollFlags::IN - PollFlags::OUT == GONE).and(Err(Errno::NODEV)),
        false => check(!events.contains(PollFlags::ERR)),
    }
}

fn poll(file: &OwnedFd, limit: Duration) -> Result<()> {
    judge(poll_for(file, PollFlags::IN, limit))
}

fn epoll(file: &OwnedFd, random: &mut Random) -> Result<()> {
    let edge = random.of(&[EventFlags::empty(), EventFlags::ET, EventFlags::ONESHOT]);
    let epoll = epoll_on(file, EventFlags::IN | EventFlags::OUT | edge);
    let events = epoll_next(&epoll, Duration::ZERO);
    judge(PollFlags::from_bits_retain(events.bits() as u16))
}

/// No handler has memory to map.
fn map(file: &OwnedFd) -> Result<()> {
    let (prot, flags) = (ProtFlags::READ, MapFlags::SHARED);
    // SAFETY: A new mapping, where the kernel likes it, is nobody else's memory.
    match unsafe { mmap(std::ptr::null_mut(), 4096, prot, flags, file, 0) } {
        Ok(_) => Err(WRONG_ANSWER),
        Err(error) => Err(error),
    }
}

fn pass(file: &OwnedFd) -> Result<()> {
    let (ours, theirs) = fdpass::pair();
    fdpass::send(&theirs, file.as_fd());
    poll(&fdpass::receive(&ours), Duration::ZERO)
}

/// A read and a poll, which are taken back if they do not end at once.
fn uring(file: &OwnedFd) -> Result<()> {
    let mut ring = Ring::new();
    let (read, poll) = (ring.read(file), ring.poll(file, PollFlags::IN));
    let polled = match ring.try_result(poll) {
        Some(Ok(events)) => judge(PollFlags::from_bits_retain(events as u16)),
        Some(Err(error)) => Err(error),
        None => Ok(()),
    };
    match ring.try_result(read) {
        Some(Ok(count)) => check((count as usize).is_multiple_of(EVENT)).and(polled),
        Some(Err(error)) => polled.and(Err(error)),
        None => polled,
    }
}
