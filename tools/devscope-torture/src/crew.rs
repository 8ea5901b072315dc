// SPDX-License-Identifier: GPL-2.0

//! The processes of a run: those of workers, and the one that writes to sysfs. The first process has
//! one thread and makes no call that may hang, so that a task that does can be left behind.

use crate::{
    memory::Absent,
    ops::files::Files,
    profile::Profile,
    shared::{Shared, WORKERS},
    signals,
    sys::{self, Fd},
    target::Target,
    worker::{Role, Worker},
};
use std::{
    io,
    sync::{atomic::Ordering::Relaxed, Arc},
    thread,
    time::{Duration, Instant},
};

/// The priority of workers.
const NICE: u64 = 10;

/// How many of each there are.
#[derive(Clone, Copy)]
pub struct Size {
    /// Processes.
    pub processes: usize,
    /// Threads of each: of three, one sleeps; the last of the process waits for pages.
    pub threads: usize,
}

impl Size {
    fn role(self, thread: usize) -> Role {
        match thread {
            it if it + 1 == self.threads => Role::Stuck,
            it if it % 3 == 1 => Role::Sleeper,
            _ => Role::Busy,
        }
    }
}

/// The processes of workers.
pub struct Crew(Vec<i32>);

impl Crew {
    /// Starts them.
    pub fn start(
        shared: &'static Shared,
        size: Size,
        seed: u64,
        profile: &Profile,
    ) -> Result<Self, i32> {
        let profile = Arc::new(profile.clone());
        let mut processes = Vec::new();
        for process in 0..size.processes.min(WORKERS / size.threads) {
            match sys::fork()? {
                Some(pid) => processes.push(pid),
                None => {
                    quiet();
                    let worked = work(shared, size, process, seed, &profile);
                    sys::exit(worked.err().unwrap_or(0));
                }
            }
        }
        Ok(Self(processes))
    }

    /// Those that have not ended. One that failed says so by its status.
    pub fn left(&mut self) -> &[i32] {
        self.0.retain(|pid| sys::wait(*pid, libc::WNOHANG) == Ok(0));
        &self.0
    }

    /// Ends them all and their children, whatever they do.
    pub fn kill(&self) {
        for pid in &self.0 {
            let _ = sys::kill(-pid, libc::SIGKILL);
        }
    }
}

/// Lets go of the terminal or pipe: whoever reads it is not to wait for a task that is left.
fn quiet() {
    if let Ok(null) = Fd::open(c"/dev/null", libc::O_RDWR) {
        for fd in 0..3 {
            let _ = sys::of_fd(libc::SYS_dup2, &null, [fd]);
        }
    }
}

/// A process of workers.
fn work(
    shared: &'static Shared,
    size: Size,
    process: usize,
    seed: u64,
    profile: &Arc<Profile>,
) -> Result<(), i32> {
    signals::prepare();
    // Who unbinds, and who works for that in the kernel, does not wait for these.
    let _ = sys::raw(libc::SYS_setpriority, [0, 0, NICE]);
    // With children, it is a group.
    let _ = sys::raw(libc::SYS_setpgid, [0, 0]);
    let absent = Absent::new(1).ok().map(Arc::new);
    let files = Arc::new(Files::default());
    let mut threads = Vec::new();
    for thread in 0..size.threads {
        let me = process * size.threads + thread;
        let absent = absent.clone().map(|it| (it, 0));
        let role = match size.role(thread) {
            Role::Stuck if absent.is_none() => Role::Busy,
            role => role,
        };
        let worker = Worker::new(shared, me, role, seed, profile, &files, absent)?;
        shared.workers[me].pid.store(sys::pid(), Relaxed);
        threads.push(thread::spawn(move || worker.run()));
    }
    let mut wanted = Vec::new();
    while !threads.iter().all(thread::JoinHandle::is_finished) {
        if let Some(absent) = &absent {
            let served = shared.served.load(Relaxed);
            wanted.extend(absent.wanted().into_iter().map(|page| (page, served)));
            let stop = shared.stop.load(Relaxed);
            let (now, later) = wanted
                .into_iter()
                .partition(|(_, since)| stop || *since != served);
            wanted = later;
            let now: Vec<_> = now;
            now.into_iter().for_each(|(page, _)| absent.serve(page));
        }
        thread::sleep(Duration::from_millis(2));
    }
    match threads.into_iter().all(|it| it.join().is_ok()) {
        true => Ok(()),
        false => Err(1),
    }
}

/// The process that writes to sysfs.
pub struct Hand {
    pid: i32,
    orders: Fd,
    answers: Fd,
}

/// What it is told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Unbind.
    Unbind,
    /// Bind.
    Bind,
}

impl Order {
    /// The driver's file.
    pub fn file(self) -> &'static str {
        match self {
            Self::Unbind => "unbind",
            Self::Bind => "bind",
        }
    }
}

/// Something that it has done.
pub struct Answer {
    /// What the write said.
    pub said: Result<(), i32>,
    /// How long it took.
    pub took: Duration,
}

impl Hand {
    /// Starts it.
    pub fn start(target: &Target) -> Result<Self, i32> {
        let [theirs, orders] = Fd::pipe()?;
        let [answers, ours] = Fd::pipe()?;
        let Some(pid) = sys::fork()? else {
            quiet();
            drop((orders, answers));
            obey(target, &theirs, &ours);
            sys::exit(0);
        };
        Ok(Self {
            pid,
            orders,
            answers,
        })
    }

    /// Its number.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Tells it to do something.
    pub fn tell(&self, order: Order) {
        let byte = [order as u8];
        let _ = sys::of_fd(libc::SYS_write, &self.orders, [byte.as_ptr() as u64, 1]);
    }

    /// Its answer, if that comes within a moment.
    pub fn answer(&self, moment: Duration) -> Option<Answer> {
        sys::poll(&self.answers, libc::POLLIN, Some(moment)).ok()?;
        let mut answer = [0u64; 2];
        let place = answer.as_mut_ptr() as u64;
        let got = sys::of_fd(libc::SYS_read, &self.answers, [place, 16]);
        let [errno, took] = answer;
        (got == Ok(16)).then(|| Answer {
            said: if errno == 0 {
                Ok(())
            } else {
                Err(errno as i32)
            },
            took: Duration::from_nanos(took),
        })
    }

    /// Ends it, or leaves it where it hangs.
    pub fn end(self) {
        let _ = sys::kill(self.pid, libc::SIGKILL);
        let start = Instant::now();
        while sys::wait(self.pid, libc::WNOHANG) == Ok(0) && start.elapsed().as_secs() < 1 {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Does what it is told, for as long as somebody may tell.
fn obey(target: &Target, orders: &Fd, answers: &Fd) {
    let mut byte = [0u8];
    loop {
        let place = byte.as_mut_ptr() as u64;
        match sys::of_fd(libc::SYS_read, orders, [place, 1]) {
            Ok(1) => {}
            Err(libc::EAGAIN | libc::EINTR) => {
                let _ = sys::poll(orders, libc::POLLIN, None);
                continue;
            }
            _ => return,
        }
        let order = if byte[0] == Order::Unbind as u8 {
            Order::Unbind
        } else {
            Order::Bind
        };
        let start = Instant::now();
        let said = target.write(order.file());
        let took = start.elapsed().as_nanos() as u64;
        let errno = said
            .err()
            .map_or(0, |e: io::Error| e.raw_os_error().unwrap_or(libc::EIO));
        let answer = [errno as u64, took];
        let _ = sys::of_fd(libc::SYS_write, answers, [answer.as_ptr() as u64, 16]);
    }
}
