// SPDX-License-Identifier: GPL-2.0

//! Open files, and who has a descriptor of one.

use super::Op;
use crate::{
    rng::Rng,
    shared::Shared,
    sys::{self, Done, Fd},
    worker::{How, Worker},
};
use rustix::{
    event::PollFlags,
    fd::AsRawFd,
    fs::{fstat, OFlags},
    io::fcntl_dupfd_cloexec,
};
use std::{
    ffi::CStr,
    os::unix::net::UnixStream,
    sync::{
        atomic::{
            AtomicBool, AtomicU32,
            Ordering::{Relaxed, SeqCst},
        },
        Arc, Mutex, PoisonError,
    },
    time::Duration,
};

/// An open file.
pub struct File {
    /// A descriptor of it.
    pub fd: Fd,
    /// What it shares with what is mapped of it.
    pub life: Arc<Life>,
    /// Whether calls on it may sleep.
    pub blocks: bool,
}

/// How long an open file lives.
#[derive(Default)]
pub struct Life {
    /// The era in which it had been opened.
    pub born: u32,
    /// The turn in which it was about to be opened.
    pub turn: u32,
    /// How many workers are revoking it, and whether one has.
    pub ending: AtomicU32,
    pub ended: AtomicBool,
    /// It has said ENODEV.
    pub said_gone: AtomicBool,
}

impl Life {
    /// Whether its device has gone.
    pub fn is_gone(&self, shared: &Shared) -> bool {
        self.born < shared.gone.load(SeqCst)
    }

    /// Whether it was revoked.
    pub fn is_revoked(&self, shared: &Shared) -> bool {
        self.ended.load(SeqCst) || self.born < shared.revoked.load(SeqCst)
    }

    /// Whether somebody has begun to take its device away from it. To be asked after the call that is
    /// judged.
    pub fn is_touched(&self, shared: &Shared) -> bool {
        // In this order: that it has ended is set before that it ends is taken back.
        let ending = self.ending.load(SeqCst) > 0 || self.ended.load(SeqCst);
        ending || self.turn % 2 == 1 || self.turn != shared.turn.load(SeqCst)
    }

    /// Whether its device has gone, or is just going.
    pub fn is_leaving(&self, shared: &Shared) -> bool {
        shared.leaving.load(SeqCst) || self.is_gone(shared)
    }
}

/// The files of a process.
#[derive(Default)]
pub struct Files(Mutex<Vec<Arc<File>>>);

/// How long is waited for a node that is not there.
const ABSENT: Duration = Duration::from_millis(20);

/// How many there are at most.
const MOST: usize = 12;

impl Files {
    fn all(&self) -> std::sync::MutexGuard<'_, Vec<Arc<File>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One of them; if somebody wants that, one that blocks or does not.
    pub fn one(&self, rng: &mut Rng, blocks: Option<bool>) -> Option<Arc<File>> {
        let all = self.all();
        let fits = |it: &&Arc<File>| blocks.is_none_or(|blocks| it.blocks == blocks);
        let count = all.iter().filter(fits).count();
        // Now and then, one that does not fit leads to another being opened.
        (count > 0).then(|| all.iter().filter(fits).nth(rng.below(count)).cloned())?
    }

    fn add(&self, file: File, rng: &mut Rng) {
        let file = Arc::new(file);
        let mut all = self.all();
        let before = match all.len() {
            MOST => Some(all.swap_remove(rng.below(MOST))),
            _ => None,
        };
        all.push(file);
        drop(all);
        // Closed without the lock.
        drop(before);
    }

    /// Takes one out.
    pub fn remove(&self, file: &Arc<File>) {
        self.all().retain(|it| !Arc::ptr_eq(it, file));
    }

    /// Closes all.
    pub fn clear(&self) {
        let all = std::mem::take(&mut *self.all());
        drop(all);
    }
}

impl Worker {
    /// Opens the node.
    pub fn open(&mut self) {
        let (path, number) = self.shared.node();
        let path = CStr::from_bytes_until_nul(&path).unwrap_or_default();
        let blocks = self.rng.one_in(3);
        let flags = match self.rng.below(8) {
            0 => OFlags::RDONLY,
            1 => OFlags::WRONLY,
            _ => OFlags::RDWR,
        };
        let flags = match blocks {
            true => flags,
            false => flags | OFlags::NONBLOCK,
        };
        let slot = self.slot();
        slot.sleeper.store(false, Relaxed);
        slot.begin(Op::Open, None, false);
        let turn = self.shared.turn.load(SeqCst);
        // What was opened may be another that has the node's name now.
        let is_node = |fd: &Fd| fstat(fd).is_ok_and(|it| it.st_rdev == number);
        let said = sys::open(path, flags).and_then(|fd| match is_node(&fd) {
            true => Ok(fd),
            false => Err(libc::ENXIO),
        });
        // What ends before the next line may have ended this file, and is not held against it.
        let born = self.shared.era.load(SeqCst);
        let done = said.as_ref().map(|_| 0).map_err(|it| *it);
        self.shared.end(slot, Op::Open, done);
        match said {
            Ok(fd) => {
                slot.fd.store(fd.as_raw_fd(), Relaxed);
                let life = Arc::new(Life {
                    born,
                    turn,
                    ..Life::default()
                });
                self.files.add(File { fd, life, blocks }, &mut self.rng);
            }
            // It is not there: who binds has the processor.
            Err(_) => std::thread::sleep(ABSENT),
        }
    }

    /// Closes one of the files.
    pub fn close(&mut self) {
        let Some(file) = self.files.one(&mut self.rng, None) else {
            return;
        };
        self.files.remove(&file);
        self.watched
            .retain(|it| !Arc::ptr_eq(it, &file) || self.me.is_multiple_of(2));
        let slot = self.slot();
        slot.sleeper.store(false, Relaxed);
        slot.begin(Op::Close, None, false);
        drop(file);
        self.shared.end(slot, Op::Close, Ok(0));
    }

    /// Has another descriptor of a file, or another process.
    pub fn hand(&mut self, op: Op, file: &File, how: How) -> Done {
        let copy = match op {
            Op::Dup => sys::plain(fcntl_dupfd_cloexec(&file.fd, 0))?,
            Op::ScmRights => {
                let (one, other) = UnixStream::pair().map_err(|_| sys::errno())?;
                sys::send_fd(&one, &file.fd)?;
                if self.rng.one_in(3) {
                    // It goes with the sockets.
                    return Ok(0);
                }
                sys::receive_fd(&other)?
            }
            Op::PidfdGetfd => {
                let others: Vec<_> = self.shared.all().map(|(at, _)| at).collect();
                let other = &self.shared.workers[others[self.rng.below(others.len())]];
                let (pid, fd) = (other.pid.load(Relaxed), other.fd.load(Relaxed));
                sys::fd_of(pid, fd)?
            }
            _ => return self.fork(file, how),
        };
        sys::poll(&copy, PollFlags::IN, Some(Duration::ZERO))
    }

    /// Revokes a file, by the control node or by the driver's own way.
    pub fn revoke(&mut self, file: &File) -> Done {
        let own = self.profile.revoke.as_ref();
        let own = own.filter(|_| self.control.is_none() || self.rng.one_in(2));
        let life = &file.life;
        life.ending.fetch_add(1, SeqCst);
        let said = match (own, &self.control) {
            (Some(own), _) => {
                let value = *self.rng.one_of(&own.values).unwrap_or(&0);
                sys::ioctl(&file.fd, own.number, value)
            }
            (None, Some(control)) => sys::plain(control.revoke(&file.fd)).map(|()| 0),
            (None, None) => Err(libc::ENOTTY),
        };
        if said.is_ok() {
            life.ended.store(true, SeqCst);
        }
        life.ending.fetch_sub(1, SeqCst);
        said
    }

    /// A child that has all files, and uses one.
    fn fork(&mut self, file: &File, how: How) -> Done {
        let addr = self.memory.at(0);
        let reads = how.sleeps || self.rng.one_in(2);
        let Some(child) = sys::fork()? else {
            let said = match reads {
                true => sys::of_memory(libc::SYS_read, &file.fd, addr, 64),
                false => sys::poll(&file.fd, PollFlags::IN, Some(Duration::ZERO)),
            };
            sys::exit(i32::from(said.is_err()));
        };
        self.slot().child.store(child, SeqCst);
        let mut said = sys::wait(child, 0);
        while said == Err(libc::EINTR) {
            let _ = sys::kill(child, libc::SIGKILL);
            said = sys::wait(child, 0);
        }
        self.slot().child.store(0, SeqCst);
        said.map(|_| 0)
    }
}
