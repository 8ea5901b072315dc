// SPDX-License-Identifier: GPL-2.0

//! Tests that need no guest: those of the host tools, and unit tests of the guest's programs.

use std::path::Path;

use anyhow::Result;

use crate::cargo::cargo;
use crate::exec;
use crate::libtest::{Libtest, Verdict};
use crate::paths::Paths;
use crate::report::Report;

/// Runs the host tools' own tests.
pub fn tools(paths: &Paths, report: &mut Report) -> Result<()> {
    let mut libtest = Libtest::default();
    let result = exec::lines(
        cargo("test")
            .arg("--manifest-path")
            .arg(paths.root().join("tools/Cargo.toml"))
            .args(["--workspace", "--locked", "--release", "--target-dir"])
            .arg(paths.build("tools"))
            .env("RUST_TEST_THREADS", "1"),
        &paths.log("tools-test")?,
        |line| record(report, "tools", &mut libtest, line),
    );
    if let Err(error) = result {
        report.fail("host", "tools", &format!("{error:#}"));
    }
    Ok(())
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
pub fn record(report: &mut Report, name: &str, libtest: &mut Libtest, line: &str) {
    let Some((test, verdict)) = libtest.line(line) else {
        return;
    };
    let test = format!("{name}::{test}");
    match verdict {
        Verdict::Ok => report.pass("host", &test),
        Verdict::Failed => report.fail("host", &test, ""),
        Verdict::Ignored => report.skip("host", &test, "ignored"),
    }
}
