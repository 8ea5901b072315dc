// SPDX-License-Identifier: GPL-2.0

//! Results of tests: a line for each, and the count.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::clock::{Clock, Part};
use crate::ui;

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What kind of test it is: host, kunit, user, guest.
    pub group: String,
    pub name: String,
    pub passed: bool,
    /// From the end of the test before it.
    pub took: Duration,
}

/// What somebody else says of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Pass,
    Skip,
    Fail,
}

/// Counts results and prints them as they come.
#[derive(Debug)]
pub struct Report {
    outcomes: Vec<Outcome>,
    failures: Vec<String>,
    clock: Clock,
    since: Instant,
    loud: bool,
}

impl Report {
    /// A report that prints.
    pub fn new() -> Self {
        Self {
            outcomes: Vec::new(),
            failures: Vec::new(),
            clock: Clock::start(),
            since: Instant::now(),
            loud: true,
        }
    }

    /// A report that only counts.
    pub fn silent() -> Self {
        Self {
            loud: false,
            ..Self::new()
        }
    }

    /// From now on, time is that of `part`.
    pub fn part(&mut self, part: Part) {
        self.clock.part(part);
    }

    /// Takes in what another one of the host has counted and printed, for which this one has
    /// `waited` in the end.
    pub fn join(&mut self, beside: Self, waited: Duration) {
        self.outcomes.extend(beside.outcomes);
        self.failures.extend(beside.failures);
        let took = beside.clock.total().saturating_sub(waited);
        self.clock.beside(Part::Host, took);
    }

    /// The next test begins now, if not when the one before it ended.
    pub fn begin(&mut self) {
        self.since = Instant::now();
    }

    /// A test of the group `group` has passed.
    pub fn pass(&mut self, group: &str, name: &str) {
        self.record(group, name, true);
        self.print("ok", group, name, "");
    }

    /// A test passed before, as `when` says, and is not run again.
    pub fn passed_before(&mut self, group: &str, name: &str, when: &str) {
        self.begin();
        self.record(group, name, true);
        self.print("ok", group, name, when);
    }

    /// A test has failed.
    pub fn fail(&mut self, group: &str, name: &str, why: &str) {
        let why = if why.is_empty() { "failed" } else { why };
        self.record(group, name, false);
        self.failures.push(format!("{group} {name}: {why}"));
        self.print("FAILED", group, name, why);
    }

    /// A test was not run, and says why. It is in neither count.
    pub fn skip(&self, group: &str, name: &str, why: &str) {
        self.print("skipped", group, name, why);
    }

    /// Says something that is neither good nor bad.
    pub fn note(&self, group: &str, text: &str) {
        self.print("note", group, text, "");
    }

    /// A test of which this is said.
    pub fn verdict(&mut self, group: &str, name: &str, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.pass(group, name),
            Verdict::Skip => self.skip(group, name, "by itself"),
            Verdict::Fail => self.fail(group, name, ""),
        }
    }

    /// A check that ended like this.
    pub fn check(&mut self, group: &str, name: &str, result: anyhow::Result<()>) {
        match result {
            Ok(()) => self.pass(group, name),
            Err(error) => self.fail(group, name, &format!("{error:#}")),
        }
    }

    /// A check that ended like this, and took so long, beside others.
    pub fn check_of(
        &mut self,
        group: &str,
        name: &str,
        result: anyhow::Result<()>,
        took: Duration,
    ) {
        self.check(group, name, result);
        if let Some(outcome) = self.outcomes.last_mut() {
            outcome.took = took;
        }
    }

    /// Prints what helps to understand the failure before it.
    pub fn detail<'a>(&self, lines: impl IntoIterator<Item = &'a str>) {
        if self.loud {
            for line in lines {
                println!("            {line}");
            }
        }
    }

    /// The failures so far.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    /// The results so far.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// What took time, since this report was made.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Prints what took how long.
    pub fn times(&self) {
        for line in self.clock.lines(&self.outcomes) {
            self.note("time", &line);
        }
    }

    /// Prints the count, the last line of the run.
    pub fn finish(&self) -> ExitCode {
        let failed = self.failures.len();
        println!("{} passed, {failed} failed", self.outcomes.len() - failed);
        ui::exit_code(failed == 0)
    }

    fn record(&mut self, group: &str, name: &str, passed: bool) {
        let took = self.since.elapsed();
        self.outcomes.push(Outcome {
            group: group.to_owned(),
            name: name.to_owned(),
            passed,
            took,
        });
        self.begin();
    }

    fn print(&self, verdict: &str, group: &str, name: &str, why: &str) {
        if self.loud {
            let colon = if why.is_empty() { "" } else { ": " };
            println!("{verdict:<8} {group:<6} {name}{colon}{why}");
        }
    }
}
