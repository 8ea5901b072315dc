// SPDX-License-Identifier: GPL-2.0

//! Tests that need no guest: those of the host tools, and unit tests of the guest's programs.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::cargo;
use crate::exec;
use crate::libtest::Libtest;
use crate::paths::Paths;
use crate::report::Report;

/// Runs the host tools' own tests.
pub fn tools(paths: &Paths, report: &mut Report) -> Result<()> {
    let mut test = cargo::tools(paths, "test");
    with_cargo(report, "tools", &mut test, &paths.log("tools-test")?);
    Ok(())
}

/// Runs the tests that the cargo command `test` runs, as those of `name`.
pub fn with_cargo(report: &mut Report, name: &str, test: &mut Command, log: &Path) {
    let mut libtest = Libtest::default();
    let result = exec::lines(test.env("RUST_TEST_THREADS", "1"), log, |line| {
        record(report, name, &mut libtest, line);
    });
    if let Err(error) = result {
        report.fail("host", name, &format!("{error:#}"));
    }
}

/// Runs the unit tests of one of the guest's programs, or those that `arguments` name.
pub fn program(report: &mut Report, name: &str, program: &Path, arguments: &[&str]) -> Result<()> {
    let mut libtest = Libtest::default();
    let mut command = exec::command(program);
    command.args(arguments);
    let result = command.env("RUST_TEST_THREADS", "1").output()?;
    let text = String::from_utf8_lossy(&result.stdout);
    for line in text.lines() {
        record(report, name, &mut libtest, line);
    }
    if let Err((test, why)) = libtest.finish(result.status.code().unwrap_or(128)) {
        report.fail("host", &test.unwrap_or_else(|| name.to_owned()), &why);
    }
    if !result.status.success() {
        report.detail(text.lines());
    }
    Ok(())
}

/// Reports the test that `line` ends.
fn record(report: &mut Report, name: &str, libtest: &mut Libtest, line: &str) {
    if let Some((test, verdict)) = libtest.line(line) {
        report.verdict("host", &format!("{name}::{test}"), verdict);
    }
}
