// SPDX-License-Identifier: GPL-2.0

//! A run: binds and unbinds while workers work, and looks what becomes of them.

use crate::{
    crew::{Answer, Crew, Hand, Order, Size},
    finding::{Finding, Kind},
    kmsg::Log,
    latency::Latencies,
    ops::Op,
    profile::Profile,
    shared::{Shared, Worker},
    sys,
    target::{self, Target},
    watch::is_asleep,
};
use std::{
    collections::BTreeMap,
    io::{stderr, IsTerminal},
    sync::atomic::Ordering::{Relaxed, SeqCst},
    thread,
    time::{Duration, Instant},
};

/// How long the first process looks away.
pub(crate) const MOMENT: Duration = Duration::from_millis(2);
/// How long sleepers may take to come to rest.
const CALM: Duration = Duration::from_millis(100);
/// How many unbinds are between two looks at who uses the modules.
const LOOK: u32 = 20;

/// When a run is over.
pub struct Until {
    /// After this time,
    pub duration: Duration,
    /// so many operations,
    pub operations: u64,
    /// or so many unbinds.
    pub unbinds: u32,
}

/// A run.
pub struct Run {
    pub(crate) shared: &'static Shared,
    target: Target,
    pub(crate) profile: Profile,
    pub(crate) crew: Crew,
    pub(crate) hand: Hand,
    pub(crate) log: Log,
    until: Until,
    /// Since when, for people and for all processes.
    start: Instant,
    pub(crate) began: u64,
    pub(crate) interrupted: Instant,
    pub(crate) told: Instant,
    /// Who used the modules at first.
    users: Vec<(String, i64)>,
    /// How long unbinds took.
    pub latencies: Latencies,
    /// How many seconds were spent with what.
    pub spent: BTreeMap<&'static str, f64>,
    /// What was found. One is enough: a kernel with a fault has others that follow from it.
    pub finding: Option<Finding>,
}

impl Run {
    /// Starts its processes.
    pub fn start(
        shared: &'static Shared,
        target: Target,
        profile: Profile,
        size: Size,
        seed: u64,
        until: Until,
    ) -> Result<Self, i32> {
        let modules: Vec<_> = target
            .module
            .iter()
            .chain(&profile.modules)
            .cloned()
            .collect();
        let users = target::users(&modules);
        let hand = Hand::start(&target)?;
        Ok(Self {
            crew: Crew::start(shared, size, seed, &profile)?,
            shared,
            target,
            profile,
            hand,
            log: Log::open(),
            until,
            start: Instant::now(),
            began: sys::now(),
            interrupted: Instant::now(),
            told: Instant::now(),
            users,
            latencies: Latencies::default(),
            spent: BTreeMap::new(),
            finding: None,
        })
    }

    /// Whether the kernel's log can be read.
    pub fn has_log(&self) -> bool {
        self.log.is_open()
    }

    /// How long it has been running.
    pub fn took(&self) -> Duration {
        self.start.elapsed()
    }

    /// Runs it to its end.
    pub fn run(&mut self) {
        while !self.is_over() && self.cycle() {}
        self.end();
        if stderr().is_terminal() {
            eprintln!();
        }
    }

    fn is_over(&self) -> bool {
        self.finding.is_some()
            || self.start.elapsed() >= self.until.duration
            || self.shared.operations.load(Relaxed) >= self.until.operations
            || self.shared.unbound.load(SeqCst) >= self.until.unbinds
    }

    /// Works, unbinds, and binds again. Says whether to go on.
    fn cycle(&mut self) -> bool {
        self.timed("work", Self::work);
        // Every second time, there is nothing to read, so that sleepers sleep.
        if self.shared.unbound.load(SeqCst) % 2 == 1 {
            self.timed("calm", Self::calm);
        }
        if self.finding.is_some()
            || !self.timed("unbind", Self::unbind)
            || !self.timed("return", Self::all_return)
            || !self.timed("bind", Self::bind)
        {
            return false;
        }
        if self.shared.unbound.load(SeqCst).is_multiple_of(LOOK) {
            return self.timed("users", Self::look_at_users);
        }
        true
    }

    /// Does something, and takes note of how long that took.
    fn timed<T>(&mut self, what: &'static str, does: impl FnOnce(&mut Self) -> T) -> T {
        let start = Instant::now();
        let done = does(self);
        *self.spent.entry(what).or_default() += start.elapsed().as_secs_f64();
        done
    }

    /// Has the workers work for a while.
    fn work(&mut self) {
        let operations = || self.shared.operations.load(Relaxed);
        let (goal, start) = (
            operations() + self.profile.operations_per_unbind,
            Instant::now(),
        );
        while operations() < goal && start.elapsed().as_secs() < 10 && !self.is_over() {
            self.moment(true);
            thread::sleep(MOMENT);
        }
    }

    /// Waits until those sleep who are to, or for a moment.
    fn calm(&mut self) {
        self.shared.calm.store(true, SeqCst);
        let start = Instant::now();
        while start.elapsed() < CALM && self.finding.is_none() {
            self.moment(false);
            thread::sleep(MOMENT);
            let sleeps = |it: &Worker| !it.sleeper.load(Relaxed) || is_asleep(it);
            if self.shared.all().all(|(_, worker)| sleeps(worker)) {
                return;
            }
        }
    }

    /// Has the hand do something, and waits for as long as that may take.
    fn order(&mut self, order: Order, limit: u64) -> Option<Answer> {
        self.hand.tell(order);
        let start = Instant::now();
        loop {
            let answer = self.hand.answer(MOMENT);
            if answer.is_some() || start.elapsed() > Duration::from_millis(limit) {
                return answer;
            }
            self.moment(false);
        }
    }

    /// Unbinds. Says whether that went well.
    fn unbind(&mut self) -> bool {
        let limit = self.profile.limit.unbind;
        let answer = self.order(Order::Unbind, limit);
        match answer {
            None => self.hung(Kind::UnbindHang, limit),
            Some(Answer { said: Err(e), .. }) => {
                let text = format!("unbind says {}", crate::errno::name(e));
                self.found(Kind::Refused, text, &[]);
            }
            Some(Answer { took, .. }) => self.latencies.add(took),
        }
        if self.finding.is_none() {
            self.shared.unbound.fetch_add(1, SeqCst);
        }
        self.shared.served.fetch_add(1, Relaxed);
        self.shared.calm.store(false, SeqCst);
        self.finding.is_none()
    }

    /// Waits until all have returned who were in a call when unbind returned.
    fn all_return(&mut self) -> bool {
        let mut left: Vec<(usize, Op, u64)> = Vec::new();
        for (at, worker) in self.shared.all() {
            if let (Some((op, sequence)), false) = (worker.doing(), worker.stuck.load(SeqCst)) {
                left.push((at, op, sequence));
            }
        }
        let start = Instant::now();
        let limit = Duration::from_millis(self.profile.limit.wake);
        loop {
            let there = |(at, _, sequence): &(usize, Op, u64)| {
                let doing = self.shared.workers[*at].doing();
                doing.is_some_and(|(_, now)| now == *sequence)
            };
            left.retain(there);
            let Some(&(at, op, _)) = left.first() else {
                return true;
            };
            // Who only waits for a processor may take longer.
            let asleep = || {
                left.iter()
                    .all(|(at, ..)| is_asleep(&self.shared.workers[*at]))
            };
            let took = start.elapsed();
            if took > limit * 10 || (took > limit && asleep()) {
                let text = format!(
                    "worker {at} sleeps in {}, and unbind has not woken it",
                    op.name()
                );
                let workers: Vec<_> = left.iter().map(|(at, ..)| *at).collect();
                self.found(Kind::of_sleeper(op), text, &workers);
            }
            self.moment(false);
            if self.finding.is_some() {
                return false;
            }
            thread::sleep(MOMENT);
        }
    }

    /// Binds. Says whether that went well.
    fn bind(&mut self) -> bool {
        let limit = self.profile.limit.bind;
        // It may have been bound by itself.
        if !self.target.is_bound() {
            match self.order(Order::Bind, limit) {
                None => self.hung(Kind::BindHang, limit),
                Some(Answer { said: Err(e), .. }) => {
                    let text = format!("bind says {}", crate::errno::name(e));
                    self.found(Kind::Refused, text, &[]);
                }
                Some(_) => {}
            }
        }
        if self.finding.is_some() {
            return false;
        }
        match self.target.wait_for_node(Duration::from_millis(limit)) {
            Some(node) => self.shared.set_node(&node.path, node.number),
            None => self.found(Kind::NoNode, "bind has made no node".to_owned(), &[]),
        }
        self.finding.is_none()
    }

    /// Has all files closed, and looks whether a module is in use all the same.
    fn look_at_users(&mut self) -> bool {
        self.shared.pause.store(true, SeqCst);
        let start = Instant::now();
        let paused = |it: &Self| {
            it.shared
                .all()
                .all(|(_, worker)| worker.paused.load(Relaxed))
        };
        while !paused(self) && start.elapsed() < self.settle() && self.finding.is_none() {
            self.hurry();
            self.moment(false);
            thread::sleep(MOMENT);
        }
        if paused(self) {
            self.check_users();
        }
        self.shared.pause.store(false, SeqCst);
        self.finding.is_none()
    }

    /// How long workers and modules may take to let go.
    pub(crate) fn settle(&self) -> Duration {
        Duration::from_millis(self.profile.limit.end)
    }

    pub(crate) fn check_users(&mut self) {
        let modules: Vec<_> = self.users.iter().map(|(name, _)| name.clone()).collect();
        let start = Instant::now();
        loop {
            let now = target::users(&modules);
            let mut both = now.iter().zip(&self.users);
            let Some((more, before)) = both.find(|(now, before)| now.1 > before.1) else {
                return;
            };
            if start.elapsed() > self.settle() / 3 {
                let text = format!(
                    "all files are closed, and {} is in use {} times, which were {}",
                    more.0, more.1, before.1
                );
                self.found(Kind::ReferenceLeft, text, &[]);
                return;
            }
            self.moment(false);
            thread::sleep(MOMENT);
        }
    }

    /// Ends the hand too, and says what it was all about.
    pub fn finish(self) -> (Option<Finding>, Latencies) {
        self.hand.end();
        (self.finding, self.latencies)
    }
}
