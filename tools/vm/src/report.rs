// SPDX-License-Identifier: GPL-2.0

//! Results of tests: a line for each, and the count.

use std::process::ExitCode;

/// Counts results and prints them as they come.
#[derive(Debug)]
pub struct Report {
    passed: usize,
    failures: Vec<String>,
    loud: bool,
}

impl Report {
    /// A report that prints.
    pub fn new() -> Self {
        Self {
            passed: 0,
            failures: Vec::new(),
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

    /// A test of the group `group` has passed.
    pub fn pass(&mut self, group: &str, name: &str) {
        self.passed += 1;
        self.print("ok", group, name, "");
    }

    /// A test has failed.
    pub fn fail(&mut self, group: &str, name: &str, why: &str) {
        let why = if why.is_empty() { "failed" } else { why };
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

    /// A check that ended like this.
    pub fn check(&mut self, group: &str, name: &str, result: anyhow::Result<()>) {
        match result {
            Ok(()) => self.pass(group, name),
            Err(error) => self.fail(group, name, &format!("{error:#}")),
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

    /// Prints the count, the last line of the run.
    pub fn finish(&self) -> ExitCode {
        println!("{} passed, {} failed", self.passed, self.failures.len());
        if self.failures.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn print(&self, verdict: &str, group: &str, name: &str, why: &str) {
        if self.loud {
            let why = if why.is_empty() {
                String::new()
            } else {
                format!(": {why}")
            };
            println!("{verdict:<8} {group:<6} {name}{why}");
        }
    }
}
