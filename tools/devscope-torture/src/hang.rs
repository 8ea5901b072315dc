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
/// And once a page is to be served, by who may have to wait for a processor.
const SERVED: Duration = Duration::from_secs(4);
const AGAIN: Duration = Duration::from_millis(20);

impl Run {
    /// Reports that something has not returned after so many milliseconds.
    pub(crate) fn hung(&mut self, order: Order, limit: u64) {
        let (kind, what) = (order.hang(), order.name());
        let text = format!("{what} has not returned after {limit} ms");
        let mut finding = Finding::new(self.shared, self.began, kind, text);
        let pid = self.hand.pid();
        finding.tasks.extend(Task::look(pid, pid, what));
        let mut inside: Vec<_> = self
            .shared
            .all()
            .filter(|(_, it)| it.doing().is_some())
            .collect();
        inside.sort_by_key(|(_, it)| it.since.load(Relaxed));
        let inside: Vec<_> = inside.into_iter().map(|(at, _)| at).collect();
        finding
            .tasks
            .extend(inside.iter().filter_map(|at| self.task(*at)));
        self.finding = Some(finding);
        let ended = self.what_ends_it(&inside);
        if let Some(finding) = &mut self.finding {
            finding.text += &format!("; {ended}");
        }
    }

    /// Does one thing after the other about it.
    fn what_ends_it(&mut self, inside: &[usize]) -> String {
        let shared = self.shared;
        // Who comes back is not to go in again.
        shared.pause.store(true, Relaxed);
        let waits = |it: &Worker| it.stuck.load(Relaxed);
        let (stuck, others): (Vec<_>, Vec<_>) =
            inside.iter().partition(|at| waits(&shared.workers[**at]));
        if let Some(ended) = self.who_ends_it(&others) {
            return ended;
        }
        let limit = match shared.all().any(|(_, worker)| waits(worker)) {
            true => SERVED,
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
        if let Some(ended) = self.who_ends_it(&stuck) {
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
    fn who_ends_it(&mut self, workers: &[usize]) -> Option<String> {
        for &at in workers {
            let worker = &self.shared.workers[at];
            let name = worker.doing().map_or("a call", |(op, _)| op.name());
            let (pid, tid) = (worker.pid.load(Relaxed), worker.tid.load(Relaxed));
            let _ = sys::tgkill(pid, tid, INTERRUPT);
            if self.ends(MOMENT) {
                return Some(format!("it does when {name} of worker {at} gets a signal"));
            }
        }
        None
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
