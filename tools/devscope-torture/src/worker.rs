// SPDX-License-Identifier: GPL-2.0

//! A thread that makes one operation after the other.

use crate::{
    absent::Absent,
    errno,
    memory::{Memory, PAGE},
    ops::{
        asynchronous::{Aio, Ring},
        files::{File, Files},
        maps::Mapping,
        Kind, Op,
    },
    profile::{self, Profile, MOST},
    rng::Rng,
    shared::{self, Noticed, Shared},
    sys::{self, Addr, Done, Fd},
};
use devscope_revoke::Control;
use rustix::{
    event::epoll,
    fs::{memfd_create, MemfdFlags},
    thread::gettid,
};
use std::{
    sync::{
        atomic::Ordering::{Relaxed, SeqCst},
        Arc,
    },
    thread,
    time::Duration,
};

/// One of so many forks is made: all threads of the process have page faults after it, and it costs
/// as much as some hundred reads.
const FORKS: usize = 8;

/// Errors that are the caller's: memory that is not there, a signal, how the file is open.
const CALLERS: [i32; 3] = [libc::EFAULT, libc::EINTR, libc::EBADF];

/// What a worker is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It does all kinds of things, and waits for nothing.
    Busy,
    /// It sleeps until something happens.
    Sleeper,
    /// It waits for pages that nobody serves.
    Stuck,
}

/// The thread's own.
pub struct Worker {
    /// What all share.
    pub shared: &'static Shared,
    /// Its number.
    pub me: usize,
    /// What it is for.
    pub role: Role,
    /// Its choices.
    pub rng: Rng,
    /// What is said of the node.
    pub profile: Arc<Profile>,
    /// The operations that it may make.
    pub choice: Vec<Op>,
    /// The files of its process.
    pub files: Arc<Files>,
    /// Memory for calls.
    pub memory: Memory,
    /// Memory for requests, which may be filled when their call is over.
    pub lent: Memory,
    /// What revokes files, if it is there.
    pub control: Option<Arc<Control>>,
    /// Pages that nobody serves.
    pub absent: Option<Arc<Absent>>,
    /// An epoll set, and the files in it.
    pub epoll: Fd,
    /// Those.
    pub watched: Vec<Arc<File>>,
    /// Memory of the device.
    pub maps: Vec<Mapping>,
    /// A pipe.
    pub pipe: [Fd; 2],
    /// A file in memory.
    pub memfd: Fd,
    /// io_uring, once it is used.
    pub ring: Option<Ring>,
    /// Linux AIO.
    pub aio: Option<Aio>,
}

/// How an operation is made.
#[derive(Clone, Copy)]
pub struct How {
    /// It sleeps if it can.
    pub sleeps: bool,
    /// Its memory is on a page that nobody serves.
    pub stuck: bool,
}

impl Worker {
    /// Prepares one.
    pub fn new(
        (shared, me, role, seed): (&'static Shared, usize, Role, u64),
        profile: &Arc<Profile>,
        files: &Arc<Files>,
        control: Option<Arc<Control>>,
        absent: Option<Arc<Absent>>,
    ) -> Result<Self, i32> {
        let pipe = sys::pipe()?;
        let memfd = sys::plain(memfd_create(c"torture", MemfdFlags::CLOEXEC))?;
        let memory = Memory::new(MOST / PAGE + 1)?;
        let lent = Memory::new(MOST / PAGE + 1)?;
        let mut rng = Rng::new(seed, me as u64);
        memory.fill(0, MOST, &mut rng);
        sys::of_memory(libc::SYS_write, &memfd, memory.at(0), PAGE)?;
        Ok(Self {
            shared,
            me,
            role,
            rng,
            choice: choice(role, profile, control.is_some()),
            control,
            profile: profile.clone(),
            files: files.clone(),
            memory,
            lent,
            absent,
            epoll: sys::plain(epoll::create(epoll::CreateFlags::CLOEXEC))?,
            watched: Vec::new(),
            maps: Vec::new(),
            pipe,
            memfd,
            ring: None,
            aio: None,
        })
    }

    /// What others see of it.
    pub fn slot(&self) -> &'static shared::Worker {
        &self.shared.workers[self.me]
    }

    /// Works until it is to stop.
    pub fn run(mut self) {
        self.slot().tid.store(gettid().as_raw_pid(), Relaxed);
        self.slot().fd.store(-1, Relaxed);
        while !self.shared.stop.load(Relaxed) {
            if self.shared.pause.load(Relaxed) {
                self.pause();
            } else {
                self.step();
            }
        }
        self.let_go();
    }

    fn pause(&mut self) {
        self.let_go();
        self.slot().paused.store(true, Relaxed);
        while self.shared.pause.load(Relaxed) && !self.shared.stop.load(Relaxed) {
            thread::sleep(Duration::from_millis(1));
        }
        self.slot().paused.store(false, Relaxed);
    }

    /// Closes all files.
    fn let_go(&mut self) {
        self.slot().fd.store(-1, Relaxed);
        self.files.clear();
        self.watched.clear();
        self.maps.clear();
        self.ring = None;
        self.aio = None;
        self.drain();
    }

    /// Makes one operation.
    fn step(&mut self) {
        let mut op = self.choice[self.rng.below(self.choice.len())];
        let dear = op == Op::Fork && !self.rng.one_in(FORKS);
        if dear || self.shared.calm.load(Relaxed) && op.may_feed() {
            op = Op::Read;
        }
        let how = How {
            sleeps: self.role == Role::Sleeper && op.kind() != Kind::Plain,
            stuck: self.role == Role::Stuck && op.kind() == Kind::Copies,
        };
        match op {
            Op::Open => self.open(),
            Op::Close => self.close(),
            Op::Touch | Op::Munmap => self.on_map(op),
            _ => {
                let blocks = self.wants(op, how);
                match self.files.one(&mut self.rng, blocks) {
                    Some(file) => self.on_file(op, &file, how),
                    None => self.open(),
                }
            }
        }
    }

    /// What file it wants: one that blocks, or one that does not; or any.
    fn wants(&mut self, op: Op, how: How) -> Option<bool> {
        match how.sleeps {
            true => Some(true),
            false if !op.may_block() => None,
            // To see that who is not to sleep does not.
            _ => (!self.rng.one_in(50)).then_some(false),
        }
    }

    /// Makes an operation on a file.
    fn on_file(&mut self, op: Op, file: &Arc<File>, how: How) {
        let life = &file.life;
        let (gone, revoked) = (life.is_gone(self.shared), life.is_revoked(self.shared));
        let old = gone || revoked;
        let said_gone = life.said_gone.load(SeqCst);
        let slot = self.slot();
        slot.sleeper.store(how.sleeps, Relaxed);
        slot.stuck.store(how.stuck, Relaxed);
        slot.begin(op, Some(life), old);
        let said = self.call(op, file, how);
        self.shared.end(slot, op, said);
        let worked = said.is_ok_and(|it| it > 0 || !op.may_say_nothing());
        // What is left may be read when the device goes, but not when the file is revoked.
        let may = op.is_in(&self.profile.works_after_unbind) && life.is_leaving(self.shared);
        if (old || said_gone) && worked && op.reaches_device() && !may {
            let noticed = match (gone, revoked) {
                (true, _) => Noticed::Works,
                (_, true) => Noticed::WorksRevoked,
                _ => Noticed::WorksAgain,
            };
            self.shared.tell(noticed, op, self.me, 0);
        }
        // On a page that nobody serves is whatever was there before, and not what the profile says.
        if let (Err(errno), false) = (said, how.stuck) {
            self.judge(op, file, errno);
        }
        // Of what is gone, a few files are enough.
        let gone = matches!(said, Err(libc::ENODEV | libc::EACCES)) || old;
        if gone && self.rng.one_in(4) {
            self.files.remove(file);
            self.watched.retain(|it| !Arc::ptr_eq(it, file));
        }
    }

    /// Judges an error, if all are known of this operation.
    fn judge(&self, op: Op, file: &File, errno: i32) {
        let Some(known) = self.profile.says.get(op.name()) else {
            return;
        };
        let is_known = known.contains(&errno::name(errno));
        if errno == libc::ENODEV && !is_known {
            file.life.said_gone.store(true, SeqCst);
        }
        let waits = file.blocks && op != Op::PreadNowait;
        let right = match errno {
            libc::EAGAIN => is_known && !waits,
            _ => is_known || CALLERS.contains(&errno),
        };
        if !right && !file.life.is_touched(self.shared) {
            self.shared.tell(Noticed::Error, op, self.me, errno as u32);
        }
    }

    fn call(&mut self, op: Op, file: &Arc<File>, how: How) -> Done {
        match op {
            Op::Open | Op::Close | Op::Touch | Op::Munmap => Ok(0),
            Op::Poll | Op::Select | Op::Epoll | Op::EpollForget => self.wait(op, file, how),
            Op::AioRead | Op::AioPoll => self.with_aio(op, file, how),
            Op::UringRead | Op::UringWrite | Op::UringPoll | Op::UringCommand => {
                self.with_ring(op, file, how)
            }
            Op::Mmap => self.map(file),
            Op::Revoke => self.revoke(file),
            Op::Dup | Op::Fork | Op::ScmRights | Op::PidfdGetfd => self.hand(op, file, how),
            _ => self.io(op, file, how),
        }
    }

    /// Where `len` bytes are to be read or written, which begin with `data`.
    pub fn buffer(&mut self, len: usize, data: &[String], how: How) -> Addr {
        self.prepare(false, len, data, how)
    }

    /// The same, for a request.
    pub fn lent_buffer(&mut self, len: usize, data: &[String], how: How) -> Addr {
        self.prepare(true, len, data, how)
    }

    fn prepare(&mut self, lent: bool, len: usize, data: &[String], how: How) -> Addr {
        let digits = self.rng.one_of(data).map(String::as_str);
        let chosen = digits.and_then(profile::bytes).unwrap_or_default();
        if let (true, Some(absent)) = (how.stuck && len > 0, &self.absent) {
            let before = [0, 1, 4, 8][self.rng.below(4)];
            return absent.prepare(&mut self.rng, before.min(len - 1));
        }
        if self.rng.one_in(64) {
            return Addr::NOWHERE;
        }
        let memory = if lent { &self.lent } else { &self.memory };
        if chosen.is_empty() {
            memory.fill(0, len.min(64), &mut self.rng);
        }
        memory.store(0, &chosen);
        memory.at(0)
    }

    /// Empties the pipe.
    pub fn drain(&self) {
        let addr = self.memory.at(0);
        while sys::of_memory(libc::SYS_read, &self.pipe[0], addr, PAGE).is_ok_and(|it| it > 0) {}
    }
}

/// The operations of a role, each as often as it is to come.
fn choice(role: Role, profile: &Profile, control: bool) -> Vec<Op> {
    let revokes = control || profile.revoke.is_some();
    let asked = |op: &&Op| !op.is_in(&profile.never) && (**op != Op::Revoke || revokes);
    let of = |op: &Op| {
        let times = match (role, op.kind()) {
            (Role::Busy, _) => op.weight(),
            (Role::Sleeper, Kind::Plain) => usize::from(matches!(op, Op::Open | Op::Close)) * 2,
            (Role::Sleeper, _) => op.weight() * 2,
            (Role::Stuck, Kind::Copies) => op.weight(),
            (Role::Stuck, _) => usize::from(matches!(op, Op::Open | Op::Close)),
        };
        std::iter::repeat_n(*op, times)
    };
    Op::ALL.iter().filter(asked).flat_map(of).collect()
}
