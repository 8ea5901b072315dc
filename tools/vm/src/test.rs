// SPDX-License-Identifier: GPL-2.0

//! `make test` and `make kunit`.

use std::process::ExitCode;

use anyhow::Result;

use crate::external;
use crate::guest::{self, Programs};
use crate::hostcheck;
use crate::kernel::Kernel;
use crate::loads;
use crate::misuse;
use crate::model;
use crate::paths::Paths;
use crate::plan;
use crate::programs;
use crate::provoke;
use crate::qemu::Mode;
use crate::report::Report;
use crate::rustfmt;
use crate::session::Session;
use crate::ui;
use crate::vm;

/// Runs all tests, most of them on the kernel that `kernel` gets. What is compared with C is
/// compared on `lean`. A failed set-up is a failed test.
pub fn all(
    paths: &Paths,
    kernel: impl FnOnce() -> Result<Kernel>,
    lean: impl FnOnce() -> Result<Kernel>,
) -> ExitCode {
    let mut report = Report::new();
    if let Err(error) = everything(paths, kernel, lean, &mut report) {
        ui::error(&error);
        report.fail("host", "set-up", &format!("{error:#}"));
    }
    report.finish()
}

/// Runs the KUnit suites alone.
pub fn kunit(paths: &Paths, kernel: &Kernel) -> Result<ExitCode> {
    let mut report = Report::new();
    in_guest(paths, Mode::Kunit, kernel, &Programs::new(), &mut report)?;
    Ok(report.finish())
}

/// Checks that misuses do not compile.
pub fn compile_fail(paths: &Paths, kernel: &Kernel) -> Result<ExitCode> {
    let mut report = Report::new();
    misuse::check(paths, kernel, &mut report)?;
    Ok(report.finish())
}

fn everything(
    paths: &Paths,
    kernel: impl FnOnce() -> Result<Kernel>,
    lean: impl FnOnce() -> Result<Kernel>,
    report: &mut Report,
) -> Result<()> {
    let kernel = kernel()?;
    loads::check(paths, &lean()?, report)?;
    let (guest_tests, host_tests) = guest::tests(paths)?;

    hostcheck::tools(paths, report)?;
    for (name, program) in &host_tests {
        hostcheck::program(report, name, program)?;
    }
    model::check(paths, report)?;
    report.check("host", "all Rust is formatted", rustfmt::check(paths));
    let result = external::driver(paths, &kernel);
    report.check("host", "a driver builds outside the clone", result);
    let result = external::template(paths, &kernel);
    report.check("host", "what `make new` starts builds", result);
    misuse::check(paths, &kernel, report)?;
    let result = provoke::check(paths, &kernel);
    report.check("host", "a complaint of the kernel fails a run", result);

    let result = programs::ensure(paths).map(drop);
    report.check("host", "the guest's programs are there", result);

    in_guest(paths, Mode::Test, &kernel, &guest_tests, report)
}

fn in_guest(
    paths: &Paths,
    mode: Mode,
    kernel: &Kernel,
    tests: &Programs,
    report: &mut Report,
) -> Result<()> {
    let image = plan::image(paths, mode, kernel, tests)?;
    ui::step("QEMU", &format!("booting Linux {}", kernel.release()?));
    let mut session = Session::new(paths, kernel, report, tests);
    let ending = vm::run(paths, mode, kernel, &image, |line, message| {
        session.line(line, message)
    })?;
    session.finish(&ending);
    Ok(())
}
