// SPDX-License-Identifier: GPL-2.0

//! Turns what a guest says while it tests into results.

use std::collections::BTreeSet;

use crate::clock::Part;
use crate::ktap;
use crate::libtest::Libtest;
use crate::log;
use crate::machine::Machine;
use crate::protocol::Message;
use crate::report::{Outcome, Report};
use crate::vm::{self, Ending};

/// How many lines of a failed program are shown.
const SHOWN: usize = 60;

/// How many lines of the log of a kernel that went are shown.
const LAST: usize = 25;

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
    machine: &'a Machine<'a>,
    report: &'a mut Report,
    state: State,
    /// The programs that have not begun.
    waiting: BTreeSet<String>,
    /// How many results there were when the program began.
    before: usize,
    said: Vec<String>,
}

impl<'a> Session<'a> {
    /// Expects the test programs `programs` to run.
    pub fn new(
        machine: &'a Machine<'a>,
        report: &'a mut Report,
        programs: impl Iterator<Item = String>,
    ) -> Self {
        report.part(Part::Boot);
        report.begin();
        Self {
            machine,
            report,
            state: State::Script,
            waiting: programs.collect(),
            before: 0,
            said: Vec::new(),
        }
    }

    /// Takes a line of the guest's. Returns the program that it ends, if all is well with it.
    pub fn line(&mut self, line: &str, message: Option<&Message>) -> Option<String> {
        match message {
            None => self.text(line),
            Some(Message::Phase(what)) => self.phase(what),
            Some(Message::Suite(name)) => {
                self.state = State::Suite {
                    name: name.clone(),
                    ktap: String::new(),
                };
            }
            Some(Message::SuiteEnd(_)) => self.suite(),
            Some(Message::Begin(name)) => {
                self.waiting.remove(name);
                self.before = self.report.outcomes().len();
                self.report.begin();
                self.state = State::Program {
                    name: name.clone(),
                    libtest: Libtest::default(),
                };
            }
            Some(Message::End { program, status }) => {
                self.program(*status);
                let good = self.of_program().iter().all(|outcome| outcome.passed);
                return good.then(|| program.clone());
            }
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
            Some(
                Message::Figure(_)
                | Message::Monitor(_)
                | Message::Stacks
                | Message::StacksEnd
                | Message::Done(_),
            ) => {}
        }
        None
    }

    /// The results since the last program began.
    pub fn of_program(&self) -> &[Outcome] {
        &self.report.outcomes()[self.before..]
    }

    fn phase(&mut self, what: &str) {
        let part = match what.split([' ', ':']).next() {
            Some("kunit") => Part::Kunit,
            _ => Part::User,
        };
        self.report.part(part);
        self.report.begin();
    }

    fn text(&mut self, line: &str) {
        match &mut self.state {
            State::Script => self.said.push(line.to_owned()),
            State::Suite { ktap, .. } => {
                ktap.push_str(line);
                ktap.push('\n');
            }
            State::Program { name, libtest } => {
                if let Some((test, verdict)) = libtest.line(line) {
                    let test = format!("{name}::{test}");
                    self.report.verdict("user", &test, verdict);
                }
            }
        }
    }

    fn suite(&mut self) {
        let State::Suite { name, ktap } = std::mem::replace(&mut self.state, State::Script) else {
            return;
        };
        let failed = self.report.failures().len();
        let source = self.machine.kernel.source();
        match ktap::parse(self.machine.paths, &source, &name, &ktap) {
            Err(error) => self.report.fail("kunit", &name, &format!("{error:#}")),
            Ok(results) if results.is_empty() => {
                self.report.fail("kunit", &name, "it has no results");
            }
            Ok(results) => {
                // Which of them took the suite's time, it does not say.
                self.report.begin();
                for (name, verdict) in results {
                    self.report.verdict("kunit", &name, verdict);
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

    /// Reports what the guest did not survive.
    fn culprit(&mut self, ending: &Ending, why: &str) {
        let why = match &ending.autopsy {
            Some(autopsy) => format!(
                "it hung: {why}; stacks, registers and the kernel's log are in {}",
                autopsy.file.display()
            ),
            None => format!("the guest did not survive it: {why}"),
        };
        match std::mem::replace(&mut self.state, State::Script) {
            State::Program { name, mut libtest } => {
                let test = match libtest.finish(0) {
                    Err((Some(test), _)) => format!("{name}::{test}"),
                    _ => name,
                };
                self.report.fail("user", &test, &why);
                let said = libtest.said.join("\n");
                self.report.detail(vm::tail(&said, SHOWN));
            }
            State::Suite { name, .. } => self.report.fail("kunit", &name, &why),
            State::Script => {
                self.report.fail("guest", "run", &why);
                self.details();
            }
        }
    }

    fn details(&mut self) {
        self.report.detail(self.said.iter().map(String::as_str));
        self.said.clear();
    }

    /// Judges the whole run: whether it came to its end, and what the kernel said. Returns the
    /// programs that have not begun.
    pub fn finish(mut self, ending: &Ending) -> BTreeSet<String> {
        match &ending.status {
            Ok(0) => {}
            Ok(status) => {
                let why = format!("its script ended with status {status}");
                self.report.fail("guest", "run", &why);
                self.details();
            }
            Err(why) => {
                self.culprit(ending, why);
                self.report.detail(["the kernel's last words:"]);
                self.report.detail(vm::tail(&ending.console, LAST));
                if let Some(autopsy) = &ending.autopsy {
                    self.report.detail(["what the CPUs did:"]);
                    let cpus = autopsy.cpus.iter().map(String::as_str);
                    self.report.detail(cpus.take(SHOWN));
                }
            }
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
        self.waiting
    }
}
