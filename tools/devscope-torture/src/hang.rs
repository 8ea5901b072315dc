// SPDX-License-Identifier: GPL-2.0

//! An act that does not return: where everybody is, and what has it end.

use crate::{
    finding::Finding, hand::Order, run::Run, shared::Worker, signals::INTERRUPT, sys, tasks::Task,
};
use std::{
    sync::atomic::Ordering::Relaxed,
    time::{Duration, Instant},
};

/// How long it may take once something was done about it.
const MOMENT: Duration = Duration::from_millis(400);
/// And if it has to be done again and again, to workers that wait for a processor.
const LONG: Duration = Duration::from_secs(4);
const AGAIN: Duration = Duration::from_millis(20);

impl Run {
    /// Reports that something has not returned after so many milliseconds.
    pub(crate) fn hung(&mut self, order: Order, limit: u64) {
        let (kind, what) = (order.hang(), order.into_str());
        let text = format!("{what} has not returned after {limit} ms");
        let mut finding = Finding::new(self.shared, self.began, kind, text);
        let pid = self.hand.pid;
        finding.tasks.extend(Task::look(pid, pid, what));
        let inside = self.inside(|_| true);
        let tasks = inside.iter().filter_map(|at| self.task(*at));
        finding.tasks.extend(tasks);
        self.finding = Some(finding);
        let ended = self.what_ends_it();
        if let Some(finding) = &mut self.finding {
            finding.text += &format!("; {ended}");
        }
    }

    /// The workers of a kind that are in a call, the one that was first in front.
    fn inside(&self, of_kind: impl Fn(&Worker) -> bool) -> Vec<usize> {
        let is_inside = |it: &Worker| it.doing().is_some() && of_kind(it);
        let inside = self.shared.all().filter(|(_, it)| is_inside(it));
        let mut inside: Vec<_> = inside
            .map(|(at, it)| (it.since.load(Relaxed), at))
            .collect();
        inside.sort_unstable();
        inside.into_iter().map(|(_, at)| at).collect()
    }

    /// Does one thing after the other about it.
    fn what_ends_it(&mut self) -> String {
        let shared = self.shared;
        // Who comes back is not to go in again.
        shared.pause.store(true, Relaxed);
        let waits = |it: &Worker| it.stuck.load(Relaxed);
        if let Some(ended) = self.who_ends_it(|it| !waits(it)) {
            return ended;
        }
        let limit = match shared.all().any(|(_, worker)| waits(worker)) {
            true => LONG,
            false => MOMENT,
        };
        let start = Instant::now();
        while start.elapsed() < limit {
            // Again and again: who has got a page may want another one.
            shared.served.fetch_add(1, Relaxed);
            if self.ends(AGAIN) {
                let stuck = "it does when the page is served that a call waits for";
                return stuck.to_owned();
            }
        }
        // They wait for something else.
        if let Some(ended) = self.who_ends_it(waits) {
            return ended;
        }
        self.note_late(|worker| worker.doing().is_some());
        self.crew.kill();
        if self.ends(MOMENT) {
            return "it does when all programs are killed".to_owned();
        }
        "it does not when all programs are killed".to_owned()
    }

    /// Has one worker after the other return from its call.
    fn who_ends_it(&mut self, of_kind: impl Fn(&Worker) -> bool) -> Option<String> {
        let mut start = Instant::now();
        // Once with time to see who it is. Then again and again: some were on their way into a call,
        // and a request of io_uring is not found while it goes from a poll to a thread.
        let mut moment = MOMENT;
        loop {
            let inside = self.inside(&of_kind);
            for &at in &inside {
                let worker = &self.shared.workers[at];
                let name = worker.doing().map_or("a call", |(op, _)| op.name());
                let (pid, tid) = (worker.pid.load(Relaxed), worker.tid.load(Relaxed));
                let _ = sys::tgkill(pid, tid, INTERRUPT);
                if self.ends(moment) {
                    return Some(format!("it does when {name} of worker {at} gets a signal"));
                }
            }
            if inside.is_empty() || moment == AGAIN && start.elapsed() > LONG {
                return None;
            }
            if moment == MOMENT {
                (moment, start) = (AGAIN, Instant::now());
            }
        }
    }

    /// Whether it returns now.
    fn ends(&mut self, limit: Duration) -> bool {
        let start = Instant::now();
        while start.elapsed() < limit {
            if self.hand.answer(Duration::from_millis(5)).is_some() {
                return true;
            }
        }
        false
    }
}
