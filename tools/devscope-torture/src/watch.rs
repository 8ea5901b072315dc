// SPDX-License-Identifier: GPL-2.0

//! What is looked at all the time: the kernel's log, what workers tell, and who is in a call for too
//! long.

use crate::{
    errno,
    finding::{Finding, Kind},
    ops::Op,
    run::{Run, MOMENT},
    shared::{Noticed, Worker},
    signals::INTERRUPT,
    sys,
    tasks::{self, Task},
};
use std::{
    sync::atomic::Ordering::{Relaxed, SeqCst},
    thread,
    time::{Duration, Instant},
};

/// How long a busy worker may be in a call, and a sleeper, before it is interrupted; in nanoseconds.
const BUSY: u64 = 100_000_000;
const ASLEEP: u64 = 3_000_000_000;
/// How long a page is not served while nothing is unbound.
const UNSERVED: u64 = 1_000_000_000;
/// How often who has to come back is interrupted.
const AGAIN: Duration = Duration::from_millis(100);
/// How often people are told how far it is.
const TELL: Duration = Duration::from_millis(500);

impl Run {
    /// Looks for what is wrong, and interrupts who has slept for long.
    pub(crate) fn moment(&mut self, interrupts: bool) {
        if self.finding.is_none() && self.log.look() {
            self.complained();
        }
        if self.finding.is_none() {
            if let Some((noticed, op, worker, detail)) = self.shared.told() {
                self.noticed(noticed, op, worker, detail);
            }
        }
        if interrupts && self.interrupted.elapsed() >= AGAIN {
            self.interrupted = Instant::now();
            self.interrupt(false);
        }
        if self.told.elapsed() >= TELL {
            self.told = Instant::now();
            let operations = self.shared.operations.load(Relaxed);
            let acts = self.shared.acts.load(SeqCst);
            self.bar.set_position(self.took().as_secs());
            self.bar
                .set_message(format!("{operations} operations, {acts} acts"));
        }
    }

    /// Interrupts all who are in a call, or those who have been for too long.
    fn interrupt(&mut self, all: bool) {
        let now = sys::now();
        let mut left = None;
        for (at, worker) in self.shared.all() {
            let Some((op, _)) = worker.doing() else {
                continue;
            };
            let age = now.saturating_sub(worker.since.load(Relaxed));
            if worker.stuck.load(SeqCst) {
                if age > UNSERVED {
                    self.shared.served.fetch_add(1, Relaxed);
                }
                continue;
            }
            let old = worker.old.load(Relaxed) && age > self.profile.limit.wake * 1_000_000;
            if old && is_asleep(worker) {
                left = Some((op, at));
            }
            let limit = if worker.sleeper.load(Relaxed) {
                ASLEEP
            } else {
                BUSY
            };
            if all || age > limit {
                let (pid, tid) = (worker.pid.load(Relaxed), worker.tid.load(Relaxed));
                let _ = sys::tgkill(pid, tid, INTERRUPT);
            }
        }
        if let (Some((op, at)), None) = (left, &self.finding) {
            let text = format!(
                "worker {at} sleeps in {} on a file whose device had gone, or that was revoked",
                op.name()
            );
            self.found(Kind::of_sleeper(op), text, &[at]);
        }
    }

    /// Has everybody come back from calls, now and then.
    pub(crate) fn hurry(&mut self) {
        self.shared.served.fetch_add(1, Relaxed);
        if self.interrupted.elapsed() >= AGAIN {
            self.interrupted = Instant::now();
            self.interrupt(true);
        }
    }

    /// Takes note of something.
    pub(crate) fn found(&mut self, kind: Kind, text: String, workers: &[usize]) {
        if self.finding.is_some() {
            return;
        }
        let mut finding = Finding::new(self.shared, self.began, kind, text);
        for &at in workers {
            finding.tasks.extend(self.task(at));
        }
        self.finding = Some(finding);
    }

    /// Where a worker is.
    pub(crate) fn task(&self, at: usize) -> Option<Task> {
        let worker = &self.shared.workers[at];
        let op = worker.doing().map_or("", |(op, _)| op.name());
        Task::look(worker.pid.load(Relaxed), worker.tid.load(Relaxed), op)
    }

    fn complained(&mut self) {
        let text = self.log.splat()[0].clone();
        self.found(Kind::Splat, text, &[]);
        // The rest of it.
        thread::sleep(Duration::from_millis(500));
        self.log.look();
        if let Some(finding) = &mut self.finding {
            finding.log = self.log.splat().to_vec();
        }
    }

    fn noticed(&mut self, noticed: Noticed, op: Op, worker: usize, detail: u32) {
        let kind = match noticed {
            Noticed::Works | Noticed::WorksAgain => Kind::WorksAfterUnbind,
            Noticed::WorksRevoked => Kind::WorksAfterRevoke,
            Noticed::Mapped | Noticed::MappedRevoked => Kind::MappingLeft,
            Noticed::Error => Kind::WrongError,
            Noticed::Answer => Kind::WrongAnswer,
        };
        let (name, worker) = (op.name(), format!("worker {worker}"));
        let works = format!("{name} of {worker} works on a file");
        let text = match noticed {
            Noticed::Works => format!("{works} whose device has gone"),
            Noticed::WorksRevoked => format!("{works} that was revoked"),
            Noticed::WorksAgain => format!("{works} that has said ENODEV"),
            Noticed::Mapped => format!("{worker} has memory of a device that has gone"),
            Noticed::MappedRevoked => format!("{worker} has memory of a file that was revoked"),
            Noticed::Error => {
                let error = errno::name(detail as i32);
                format!("{name} of {worker} says {error}, and the device is there")
            }
            Noticed::Answer => format!("{name} {detail:#x} of {worker} gives what it cannot"),
        };
        self.found(kind, text, &[]);
    }

    /// Ends all processes, and looks who is left.
    pub(crate) fn end(&mut self) {
        self.shared.stop.store(true, SeqCst);
        let start = Instant::now();
        let mut killed = false;
        while !self.crew.left().is_empty() {
            let took = start.elapsed();
            if took > self.settle() && !killed {
                killed = true;
                self.note_late(|worker| worker.doing().is_some());
                self.crew.kill();
            }
            if took > 2 * self.settle() {
                self.left_behind();
                return;
            }
            self.hurry();
            self.moment(false);
            thread::sleep(MOMENT);
        }
        if self.finding.is_none() {
            self.check_users();
        }
        self.moment(false);
    }

    /// Takes note of workers that do not come back.
    pub(crate) fn note_late(&mut self, is_late: impl Fn(&Worker) -> bool) {
        let late = self.shared.all().filter(|(_, worker)| is_late(worker));
        let late: Vec<_> = late.filter_map(|(at, _)| self.task(at)).collect();
        self.late.extend(late);
    }

    /// Says who cannot be killed.
    fn left_behind(&mut self) {
        let left = self.crew.left().to_vec();
        let of_left = |worker: &Worker| left.contains(&worker.pid.load(Relaxed));
        let all = self.shared.all().filter(|(_, worker)| of_left(worker));
        let all: Vec<_> = all.map(|(at, _)| at).collect();
        let text = format!("{} processes cannot be killed, and are left", left.len());
        let tasks: Vec<_> = all.iter().filter_map(|at| self.task(*at)).collect();
        match &mut self.finding {
            Some(finding) => {
                finding.text += &format!("; {text}");
                finding.tasks.extend(tasks);
            }
            None => self.found(Kind::TaskLeft, text, &all),
        }
    }
}

/// Whether it sleeps, and neither it nor who works for it waits for a processor.
pub(crate) fn is_asleep(worker: &Worker) -> bool {
    let (pid, tid) = (worker.pid.load(Relaxed), worker.tid.load(Relaxed));
    let child = worker.child.load(SeqCst);
    let sleeps = |state| matches!(state, Some('S' | 'D'));
    let helped = worker.doing().is_some_and(|(op, _)| op.has_helpers());
    sleeps(tasks::state(pid, tid))
        && (child == 0 || sleeps(tasks::state(child, child)))
        && (!helped || tasks::helpers(pid, tid).all(|it| sleeps(tasks::state(pid, it))))
}
