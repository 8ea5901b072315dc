// SPDX-License-Identifier: GPL-2.0

//! A run: takes the device away while workers work, and brings it back.

use crate::{
    crew::{Crew, Size},
    finding::{Finding, Kind},
    hand::{Hand, Means},
    kmsg::Log,
    latency::Latencies,
    profile::Profile,
    shared::{Shared, Worker},
    sys, target,
    tasks::Task,
    watch::is_asleep,
    way::Way,
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    collections::BTreeMap,
    sync::atomic::Ordering::{Relaxed, SeqCst},
    thread,
    time::{Duration, Instant},
};

/// How long the first process looks away.
pub(crate) const MOMENT: Duration = Duration::from_millis(2);
/// And how long while others work: the processors are theirs.
pub(crate) const WORK: Duration = Duration::from_millis(10);
/// How long sleepers may take to come to rest.
const CALM: Duration = Duration::from_millis(100);
/// How many acts are between two looks at who uses the modules.
const LOOK: u32 = 20;

/// When a run is over.
pub struct Until {
    /// After this time,
    pub duration: Duration,
    /// so many operations,
    pub operations: u64,
    /// or so many acts.
    pub acts: u32,
}

/// A run.
pub struct Run {
    pub(crate) shared: &'static Shared,
    pub(crate) means: Means,
    ways: Vec<Way>,
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
    /// What people see meanwhile.
    pub(crate) bar: ProgressBar,
    /// Who used the modules at first.
    users: Vec<(String, i64)>,
    /// Who did not come back in time when all files were to be closed.
    pub late: Vec<Task>,
    /// How long acts took, of each way.
    pub latencies: BTreeMap<&'static str, Latencies>,
    /// How many seconds were spent with what.
    pub spent: BTreeMap<&'static str, f64>,
    /// What was found. One is enough: a kernel with a fault has others that follow from it.
    pub finding: Option<Finding>,
}

/// One that fills in so much time.
fn bar(duration: Duration) -> ProgressBar {
    let bar = ProgressBar::new(duration.as_secs());
    match ProgressStyle::with_template("{wide_bar} {pos}/{len} s, {msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

impl Run {
    /// Starts its processes.
    pub fn start(
        shared: &'static Shared,
        means: Means,
        ways: Vec<Way>,
        profile: Profile,
        (size, seed): (Size, u64),
        until: Until,
    ) -> Result<Self, i32> {
        let modules = means.target.module.iter().chain(&profile.modules);
        let modules: Vec<_> = modules.cloned().collect();
        let users = target::users(&modules);
        let hand = Hand::start(&means, shared)?;
        Ok(Self {
            crew: Crew::start(shared, size, seed, &profile)?,
            shared,
            means,
            ways,
            profile,
            hand,
            log: Log::open(),
            bar: bar(until.duration),
            until,
            start: Instant::now(),
            began: sys::now(),
            interrupted: Instant::now(),
            told: Instant::now(),
            users,
            late: Vec::new(),
            latencies: BTreeMap::new(),
            spent: BTreeMap::new(),
            finding: None,
        })
    }

    /// How long it has been running.
    pub fn took(&self) -> Duration {
        self.start.elapsed()
    }

    /// Runs it to its end.
    pub fn run(&mut self) {
        self.wait_for_workers();
        while !self.is_over() && self.cycle() {}
        self.end();
        self.bar.finish_and_clear();
    }

    /// Waits until there are workers, which is when time begins.
    fn wait_for_workers(&mut self) {
        let limit = self.settle();
        while self.shared.operations.load(Relaxed) == 0 && self.start.elapsed() < limit {
            self.moment(false);
            thread::sleep(MOMENT);
        }
        self.start = Instant::now();
    }

    fn is_over(&self) -> bool {
        self.finding.is_some()
            || self.start.elapsed() >= self.until.duration
            || self.shared.operations.load(Relaxed) >= self.until.operations
            || self.shared.acts.load(SeqCst) >= self.until.acts
    }

    /// Works, takes the device away, and brings it back. Says whether to go on.
    fn cycle(&mut self) -> bool {
        self.timed("work", Self::work);
        let acts = self.shared.acts.load(SeqCst);
        // Every second time, there is nothing to read, so that sleepers sleep.
        if acts % 2 == 1 {
            self.timed("calm", Self::calm);
        }
        if self.finding.is_some() {
            return false;
        }
        let way = Way::next(&self.ways, acts);
        let went = match way {
            Way::Reload => self.timed("reload", Self::reload),
            _ => {
                self.timed(way.into_str(), |it| it.act(way))
                    && self.timed("return", |it| it.all_return(way))
                    && self.timed("bind", |it| it.bring_back(way))
            }
        };
        if went && (acts + 1).is_multiple_of(LOOK) {
            return self.timed("users", Self::look_at_users);
        }
        went
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
            operations() + self.profile.operations_per_act,
            Instant::now(),
        );
        while operations() < goal && start.elapsed().as_secs() < 10 && !self.is_over() {
            self.moment(true);
            thread::sleep(WORK);
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

    /// Has all files closed. Says whether they are.
    pub(crate) fn pause(&mut self) -> bool {
        self.shared.pause.store(true, SeqCst);
        let start = Instant::now();
        let shared = self.shared;
        let paused = || shared.all().all(|(_, worker)| worker.paused.load(Relaxed));
        while !paused() && start.elapsed() < self.settle() && self.finding.is_none() {
            self.hurry();
            self.moment(false);
            thread::sleep(MOMENT);
        }
        let all = paused();
        if !all && self.finding.is_none() {
            self.note_late(|worker| !worker.paused.load(Relaxed));
        }
        all
    }

    /// Looks whether a module is in use though all files are closed.
    fn look_at_users(&mut self) -> bool {
        if self.pause() {
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
    pub fn finish(self) -> (Option<Finding>, BTreeMap<&'static str, Latencies>) {
        self.hand.end();
        (self.finding, self.latencies)
    }
}
