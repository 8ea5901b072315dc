// SPDX-License-Identifier: GPL-2.0

//! Progress of something long: a bar on a terminal, a plain line now and then elsewhere.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::ui;

/// How often a plain line is written.
const EVERY: Duration = Duration::from_secs(30);

/// Counts steps of an expected number.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    what: String,
    expected: u64,
    done: u64,
    started: Instant,
    last: Instant,
}

impl Progress {
    /// Starts to count towards `expected`; 0 is for "not known".
    pub fn new(what: &str, text: &str, expected: u64) -> Self {
        ui::step(what, text);
        let terminal = stderr().is_terminal() && !ui::verbose();
        let bar = terminal.then(|| {
            let bar = ui::bars().add(ProgressBar::new(expected));
            let layout = if expected == 0 {
                "            {spinner} {elapsed}"
            } else {
                "            [{bar:40}] {percent:>3}% {pos}/{len} {elapsed} {msg}"
            };
            if let Ok(style) = ProgressStyle::with_template(layout) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        let now = Instant::now();
        Self {
            bar,
            what: what.to_owned(),
            expected,
            done: 0,
            started: now,
            last: now,
        }
    }

    /// This many were done before: an earlier run was interrupted.
    pub fn resume(&mut self, done: u64) {
        self.done = done.min(self.expected.saturating_sub(1));
    }

    /// One more is done.
    pub fn tick(&mut self, message: &str) {
        // The expectation is only that: never claim the end before it is there.
        self.done = match self.expected {
            0 => self.done + 1,
            expected => (self.done + 1).min(expected.saturating_sub(1)),
        };
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
            bar.set_message(message.to_owned());
        } else if self.last.elapsed() >= EVERY && !ui::verbose() {
            self.last = Instant::now();
            let minutes = self.started.elapsed().as_secs_f32() / 60.0;
            let text = match self.expected {
                0 => format!("... {minutes:.1} min"),
                expected => format!("{:3}% {minutes:.1} min", self.done * 100 / expected),
            };
            ui::step(&self.what, &text);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
