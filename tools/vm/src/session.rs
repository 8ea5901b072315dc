// SPDX-License-Identifier: GPL-2.0

//! Turns what a guest says while it tests into results.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::guest::Programs;
use crate::kernel::Kernel;
use crate::ktap::{self, Status};
use crate::libtest::{Libtest, Verdict};
use crate::log;
use crate::paths::Paths;
use crate::protocol::Message;
use crate::report::Report;
use crate::vm::{self, Ending};

/// How many lines of a failed program are shown.
const SHOWN: usize = 60;

/// What is being read.
#[derive(Debug)]
enum State {
    Script,
    Suite { name: String, ktap: String },
    Program { name: String, libtest: Libtest },
}

/// One guest's results.
#[derive(Debug)]
pub struct Session<'a> {
    paths: &'a Paths,
    kernel: &'a Kernel,
    report: &'a mut Report,
    state: State,
    waiting: Vec<String>,
    said: Vec<String>,
}

impl<'a> Session<'a> {
    /// Expects the test programs `programs` to run.
    pub fn new(
        paths: &'a Paths,
        kernel: &'a Kernel,
        report: &'a mut Report,
        programs: &Programs,
    ) -> Self {
        Self {
            paths,
            kernel,
            report,
            state: State::Script,
            waiting: programs.keys().cloned().collect(),
            said: Vec::new(),
        }
    }

    /// Takes a line of the guest's.
    pub fn line(&mut self, line: &str, message: Option<&Message>) -> Result<()> {
        match message {
            None => self.text(line),
            Some(Message::Suite(name)) => {
                self.state = State::Suite {
                    name: name.clone(),
                    ktap: String::new(),
                };
            }
            Some(Message::SuiteEnd(_)) => self.suite(),
            Some(Message::Begin(name)) => {
                self.waiting.retain(|program| program != name);
                self.state = State::Program {
                    name: name.clone(),
                    libtest: Libtest::default(),
                };
            }
            Some(Message::Timeout(_)) => self.text("(killed: it ran for too long)"),
            Some(Message::End { status, .. }) => self.program(*status),
            Some(Message::Check { name, failed: None }) => {
                self.report.pass("guest", name);
                self.said.clear();
            }
            Some(Message::Check {
                name,
                failed: Some(why),
            }) => {
                self.report.fail("guest", name, why);
                self.details();
            }
            Some(Message::Phase(_) | Message::Monitor(_) | Message::Done(_)) => {}
        }
        Ok(())
    }

    fn text(&mut self, line: &str) {
        match &mut self.state {
            State::Script => self.said.push(line.to_owned()),
            State::Suite { ktap, .. } => {
                ktap.push_str(line);
                ktap.push('\n');
            }
            State::Program { name, libtest } => {
                let Some((test, verdict)) = libtest.line(line) else {
                    return;
                };
                let test = format!("{name}::{test}");
                match verdict {
                    Verdict::Ok => self.report.pass("user", &test),
                    Verdict::Failed => self.report.fail("user", &test, ""),
                    Verdict::Ignored => self.report.skip("user", &test, "ignored"),
                }
            }
        }
    }

    fn suite(&mut self) {
        let State::Suite { name, ktap } = std::mem::replace(&mut self.state, State::Script) else {
            return;
        };
        let failed = self.report.failures().len();
        match ktap::parse(self.paths, &self.kernel.source(), &name, &ktap) {
            Err(error) => self.report.fail("kunit", &name, &format!("{error:#}")),
            Ok(results) if results.is_empty() => {
                self.report.fail("kunit", &name, "it has no results");
            }
            Ok(results) => {
                for result in results {
                    match result.status {
                        Status::Pass => self.report.pass("kunit", &result.name),
                        Status::Skip => self.report.skip("kunit", &result.name, "by itself"),
                        Status::Fail => self.report.fail("kunit", &result.name, ""),
                    }
                }
            }
        }
        if self.report.failures().len() > failed {
            self.report.detail(ktap.lines());
        }
    }

    fn program(&mut self, status: i32) {
        let State::Program { name, mut libtest } =
            std::mem::replace(&mut self.state, State::Script)
        else {
            return;
        };
        let failed = status != 0;
        match libtest.finish(status) {
            Err((Some(test), why)) => self.report.fail("user", &format!("{name}::{test}"), &why),
            Err((None, why)) => self.report.fail("user", &name, &why),
            Ok(()) if libtest.is_empty() => self.report.pass("user", &name),
            Ok(()) => {}
        }
        if failed {
            let from = libtest.said.len().saturating_sub(SHOWN);
            self.report
                .detail(libtest.said[from..].iter().map(String::as_str));
        }
    }

    fn details(&mut self) {
        self.report.detail(self.said.iter().map(String::as_str));
        self.said.clear();
    }

    /// Judges the whole run: whether it came to its end, and what the kernel said.
    pub fn finish(mut self, ending: &Ending) {
        match &ending.status {
            Ok(0) => {}
            Ok(status) => {
                let why = format!("its script ended with status {status}");
                self.report.fail("guest", "run", &why);
                self.details();
            }
            Err(why) => {
                match std::mem::replace(&mut self.state, State::Script) {
                    State::Program { name, mut libtest } => {
                        let test = match libtest.finish(0) {
                            Err((Some(test), _)) => format!("{name}::{test}"),
                            _ => name,
                        };
                        self.report
                            .fail("user", &test, "the guest did not survive it");
                        let said = libtest.said.join("\n");
                        self.report.detail(vm::tail(&said, SHOWN));
                    }
                    State::Suite { name, .. } => {
                        self.report
                            .fail("kunit", &name, "the guest did not survive it");
                    }
                    State::Script => self.details(),
                }
                self.report.fail("guest", "run", why);
                self.report.detail(vm::tail(&ending.console, 25));
            }
        }
        for program in &self.waiting {
            self.report.fail("user", program, "it was not run");
        }
        let found = log::scan(&ending.console);
        if !found.races.is_empty() {
            let text = format!("{} data races of the kernel's own", found.races.len());
            self.report.note("guest", &text);
            let kinds: BTreeSet<_> = found.races.iter().map(String::as_str).collect();
            self.report.detail(kinds);
        }
        if found.splats.is_empty() {
            self.report.pass("guest", "the kernel's log is clean");
        }
        for splat in found.splats {
            let name = format!("kernel log, line {}, {}", splat.line, splat.phase);
            self.report.fail("guest", &name, &splat.text);
            self.report.detail(log::around(&ending.console, splat.line));
        }
    }
}
