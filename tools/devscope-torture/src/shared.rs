// SPDX-License-Identifier: GPL-2.0

//! What all processes of a run share: where it is, what each worker does now and did before, and what
//! came of it.

use crate::{
    ops::{files::Life, Op},
    sys::{self, Done},
};
use std::sync::atomic::{
    AtomicBool, AtomicI32, AtomicU32, AtomicU64,
    Ordering::{Acquire, Relaxed, Release, SeqCst},
};
use strum::FromRepr;

/// How many workers there may be.
pub const WORKERS: usize = 64;
/// Results: 0 for success, and errnos up to this.
pub const RESULTS: usize = 134;
/// How many ioctls a profile may have.
pub const IOCTLS: usize = 64;
/// What is remembered of a worker.
const REMEMBERED: usize = 32;
/// One of so many numbers of a worker, of which an operation has two, begins one that is timed.
const TIMED: u64 = 32;
/// Words of a path.
const PATH: usize = 32;

/// Memory of all processes. Zeros are its beginning.
#[repr(C)]
pub struct Shared {
    /// Workers end.
    pub stop: AtomicBool,
    /// Workers close their files, and wait.
    pub pause: AtomicBool,
    /// Nobody makes an operation that could wake who sleeps.
    pub calm: AtomicBool,
    /// How many acts are over.
    pub acts: AtomicU32,
    /// Grows before each act, and after it.
    pub turn: AtomicU32,
    /// Grows when a device has gone, and before all files are revoked.
    pub era: AtomicU32,
    /// Files that were opened before this era are of a device that has gone,
    pub gone: AtomicU32,
    /// or are revoked.
    pub revoked: AtomicU32,
    /// The device is going.
    pub leaving: AtomicBool,
    /// Absent pages are served that were wanted before this grew.
    pub served: AtomicU32,
    /// Who serves pages, in the order of [`Source`](crate::absent::Source).
    pub waited: [Waited; 2],
    /// How many operations were made.
    pub operations: AtomicU64,
    tally: [[AtomicU64; RESULTS]; Op::COUNT],
    /// How often each operation was timed, and how much time of a processor that took in all.
    timed: [AtomicU64; Op::COUNT],
    spent: [AtomicU64; Op::COUNT],
    /// How often each ioctl of the profile went well, in its order.
    pub ioctls: [AtomicU64; IOCTLS],
    /// What each worker does.
    pub workers: [Worker; WORKERS],
    told: AtomicU32,
    /// The first one that is told.
    violation: Violation,
    node_sequence: AtomicU32,
    node: [AtomicU64; PATH],
    node_number: AtomicU64,
}

/// Pages that are waited for.
#[repr(C)]
pub struct Waited {
    /// How many they were.
    pub pages: AtomicU64,
    /// Why there are none, or 0.
    pub errno: AtomicI32,
}

/// One worker.
#[repr(C)]
pub struct Worker {
    /// Its process, 0 for none.
    pub pid: AtomicI32,
    /// Its thread.
    pub tid: AtomicI32,
    /// It has closed its files, and waits.
    pub paused: AtomicBool,
    /// A descriptor that others may take.
    pub fd: AtomicI32,
    /// Odd while it is in an operation.
    pub sequence: AtomicU64,
    /// Which.
    op: AtomicU32,
    /// Since when.
    pub since: AtomicU64,
    /// How much time of a processor it had taken then, if it is timed, or 0.
    cpu: AtomicU64,
    /// It waits for a page that nobody serves.
    pub stuck: AtomicBool,
    /// It sleeps on purpose.
    pub sleeper: AtomicBool,
    /// A process that it waits for, 0 for none.
    pub child: AtomicI32,
    /// Its file is of a device that had gone before, or was revoked before.
    pub old: AtomicBool,
    /// The era of its file, or the last one.
    pub born: AtomicU32,
    last: [Past; REMEMBERED],
}

/// What a worker has done.
#[repr(C)]
struct Past {
    ended: AtomicU64,
    /// The operation, and 1 + the errno above it.
    what: AtomicU64,
}

#[repr(C)]
struct Violation {
    /// 1 + the kind.
    kind: AtomicU32,
    op: AtomicU32,
    worker: AtomicU32,
    detail: AtomicU32,
}

/// What a worker notices.
#[derive(Clone, Copy, PartialEq, Eq, FromRepr)]
#[repr(u32)]
pub enum Noticed {
    /// A call works on a file whose device has gone,
    Works,
    /// or that was revoked,
    WorksRevoked,
    /// or that had said ENODEV.
    WorksAgain,
    /// Memory is there of a device that has gone,
    Mapped,
    /// or of a file that was revoked.
    MappedRevoked,
    /// A call says an error that the driver has no reason for, which is the detail.
    Error,
    /// An ioctl, whose number is the detail, gives what it cannot.
    Answer,
}

/// Something that a worker did.
pub struct Step {
    /// When it ended.
    pub ended: u64,
    /// Which worker.
    pub worker: usize,
    /// What.
    pub op: Op,
    /// An errno, or 0.
    pub errno: i32,
}

impl Shared {
    /// Makes one, which stays.
    pub fn new() -> Result<&'static Self, i32> {
        let said = sys::map(0, size_of::<Self>(), libc::MAP_SHARED, None)?;
        // SAFETY: It is fresh memory of this size, aligned to pages, and never unmapped. There is
        // nothing but atomic numbers in it, for which zeros are valid.
        Ok(unsafe { &*(said as usize as *const Self) })
    }

    /// A worker has ended an operation: counts what came of it.
    pub fn end(&self, worker: &Worker, op: Op, said: Done) {
        if let Some(took) = worker.end(op, said) {
            self.timed[op as usize].fetch_add(1, Relaxed);
            self.spent[op as usize].fetch_add(took, Relaxed);
        }
        let errno = said.err().unwrap_or(0);
        let at = (errno as usize).min(RESULTS - 1);
        self.tally[op as usize][at].fetch_add(1, Relaxed);
        self.operations.fetch_add(1, Relaxed);
    }

    /// How often that was.
    pub fn counted(&self, op: Op, errno: usize) -> u64 {
        self.tally[op as usize][errno].load(Relaxed)
    }

    /// How many nanoseconds of a processor an operation takes, if one was timed.
    pub fn took(&self, op: Op) -> Option<u64> {
        let spent = self.spent[op as usize].load(Relaxed);
        spent.checked_div(self.timed[op as usize].load(Relaxed))
    }

    /// Tells of something that must not be.
    pub fn tell(&self, noticed: Noticed, op: Op, worker: usize, detail: u32) {
        let it = &self.violation;
        if self.told.fetch_add(1, SeqCst) == 0 {
            it.op.store(op as u32, Relaxed);
            it.worker.store(worker as u32, Relaxed);
            it.detail.store(detail, Relaxed);
            it.kind.store(1 + noticed as u32, Release);
        }
    }

    /// What was told first, if anything was: with the worker, and the detail.
    pub fn told(&self) -> Option<(Noticed, Op, usize, u32)> {
        let first = &self.violation;
        let noticed = Noticed::from_repr(first.kind.load(Acquire).checked_sub(1)?)?;
        let op = Op::ALL[first.op.load(Relaxed) as usize];
        let (worker, detail) = (first.worker.load(Relaxed), first.detail.load(Relaxed));
        Some((noticed, op, worker as usize, detail))
    }

    /// Says which node it is now.
    pub fn set_node(&self, path: &str, number: u64) {
        let mut bytes = [0; 8 * PATH];
        bytes[..path.len()].copy_from_slice(path.as_bytes());
        self.node_sequence.fetch_add(1, SeqCst);
        for (word, bytes) in self.node.iter().zip(bytes.chunks_exact(8)) {
            word.store(u64::from_ne_bytes(bytes.try_into().expect("eight")), SeqCst);
        }
        self.node_number.store(number, SeqCst);
        self.node_sequence.fetch_add(1, SeqCst);
    }

    /// Whatever has the node's name, it is not the node until that is said again.
    pub fn forget_node(&self) {
        self.node_sequence.fetch_add(1, SeqCst);
        self.node_number.store(u64::MAX, SeqCst);
        self.node_sequence.fetch_add(1, SeqCst);
    }

    /// The node: its path, with a zero at the end, and its number.
    pub fn node(&self) -> ([u8; 8 * PATH], u64) {
        loop {
            let before = self.node_sequence.load(SeqCst);
            let mut bytes = [0; 8 * PATH];
            for (word, bytes) in self.node.iter().zip(bytes.chunks_exact_mut(8)) {
                bytes.copy_from_slice(&word.load(SeqCst).to_ne_bytes());
            }
            let number = self.node_number.load(SeqCst);
            if before.is_multiple_of(2) && self.node_sequence.load(SeqCst) == before {
                return (bytes, number);
            }
            std::hint::spin_loop();
        }
    }

    /// The workers that there are.
    pub fn all(&self) -> impl Iterator<Item = (usize, &Worker)> {
        let all = self.workers.iter().enumerate();
        all.filter(|(_, it)| it.pid.load(Relaxed) != 0)
    }

    /// What was done last, in its order.
    pub fn last(&self, count: usize) -> Vec<Step> {
        let mut steps = Vec::new();
        for (worker, it) in self.all() {
            steps.extend(it.last.iter().filter_map(|past| past.step(worker)));
        }
        steps.sort_by_key(|it| it.ended);
        steps.split_off(steps.len().saturating_sub(count))
    }
}

impl Past {
    fn step(&self, worker: usize) -> Option<Step> {
        let what = self.what.load(Relaxed);
        Some(Step {
            errno: (what >> 32).checked_sub(1)? as i32,
            op: Op::ALL[what as u32 as usize],
            ended: self.ended.load(Relaxed),
            worker,
        })
    }
}

impl Worker {
    /// It begins an operation on a file, if there is one.
    pub fn begin(&self, op: Op, life: Option<&Life>, old: bool) {
        self.old.store(old, Relaxed);
        let born = life.map_or(u32::MAX, |it| it.born);
        self.born.store(born, Relaxed);
        self.op.store(op as u32, Relaxed);
        self.since.store(sys::now(), Relaxed);
        if self.sequence.fetch_add(1, SeqCst).is_multiple_of(TIMED) {
            self.cpu.store(sys::cpu_time(), Relaxed);
        }
    }

    /// It has ended it. Returns how much time of a processor that took, if it was timed.
    fn end(&self, op: Op, said: Done) -> Option<u64> {
        self.stuck.store(false, SeqCst);
        let before = self.cpu.swap(0, Relaxed);
        let took = (before > 0).then(|| sys::cpu_time().saturating_sub(before));
        let sequence = self.sequence.fetch_add(1, SeqCst);
        let past = &self.last[(sequence / 2) as usize % REMEMBERED];
        let errno = said.err().unwrap_or(0) as u64;
        past.ended.store(sys::now(), Relaxed);
        past.what.store((errno + 1) << 32 | op as u64, Relaxed);
        took
    }

    /// The operation that it is in, and the number of it.
    pub fn doing(&self) -> Option<(Op, u64)> {
        let sequence = self.sequence.load(SeqCst);
        let op = Op::ALL[self.op.load(Relaxed) as usize];
        (sequence % 2 == 1).then_some((op, sequence))
    }
}
