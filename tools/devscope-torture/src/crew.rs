// SPDX-License-Identifier: GPL-2.0

//! The processes of workers. The first process has one thread and makes no call that may hang, so that
//! a task that does can be left behind.

use crate::{
    absent::{self, Absent, Held},
    ops::files::Files,
    profile::Profile,
    shared::{Shared, WORKERS},
    signals, sys,
    worker::{Role, Worker},
};
use clap::Args;
use devscope_revoke::Control;
use rustix::fs::OFlags;
use std::{
    sync::{atomic::Ordering::Relaxed, Arc},
    thread,
};

/// The priority of workers.
const NICE: u64 = 19;

/// How many of each there are. Of three threads, one sleeps; the last of the process waits for pages.
#[derive(Args, Clone, Copy)]
pub struct Size {
    /// The number of processes.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub processes: usize,
    /// The number of threads in each process.
    #[arg(long, value_name = "N", default_value_t = 5)]
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
pub fn quiet() {
    if let Ok(null) = sys::open(c"/dev/null", OFlags::RDWR) {
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
    let absent = Absent::new(shared, &profile.pages).map(Arc::new);
    let files = Arc::new(Files::default());
    let control = Control::open().ok().map(Arc::new);
    let mut threads = Vec::new();
    for thread in 0..size.threads {
        let me = process * size.threads + thread;
        let absent = absent.clone();
        let role = match size.role(thread) {
            Role::Stuck if absent.is_none() => Role::Busy,
            role => role,
        };
        let worker = Worker::new(
            (shared, me, role, seed),
            profile,
            &files,
            control.clone(),
            absent,
        )?;
        shared.workers[me].pid.store(sys::pid(), Relaxed);
        threads.push(thread::spawn(move || worker.run()));
    }
    let mut wanted = Held::new();
    while !threads.iter().all(thread::JoinHandle::is_finished) {
        if let Some(absent) = &absent {
            let now = wanted.renew(shared, || absent.wanted(shared));
            now.into_iter().for_each(|page| absent.serve(page));
        }
        thread::sleep(absent::MOMENT);
    }
    match threads.into_iter().all(|it| it.join().is_ok()) {
        true => Ok(()),
        false => Err(1),
    }
}
