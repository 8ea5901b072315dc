// SPDX-License-Identifier: GPL-2.0

//! `make test` and `make kunit`.

use std::process::ExitCode;

use anyhow::Result;

use crate::external;
use crate::guest::{self, Programs};
use crate::hostcheck;
use crate::kernel::Kernel;
use crate::loads;
use crate::machine::Machine;
use crate::misuse;
use crate::model;
use crate::paths::Paths;
use crate::placement::Placement;
use crate::plan;
use crate::programs;
use crate::provoke;
use crate::qemu::Mode;
use crate::report::Report;
use crate::rustfmt;
use crate::safety;
use crate::session::Session;
use crate::ui;
use crate::vm;

/// How tests are run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Each program runs on the kernel that tools/vm/guest/tests.conf names.
    pub placed: bool,
    /// The long form.
    pub long: bool,
}

/// Runs all tests, most of them on the kernel that `kernel` gets, and what is compared with C on
/// `lean`. A failed set-up is a failed test.
pub fn all(
    paths: &Paths,
    options: Options,
    kernel: impl FnOnce() -> Result<Kernel>,
    lean: impl FnOnce() -> Result<Kernel>,
) -> ExitCode {
    let mut report = Report::new();
    if let Err(error) = everything(paths, options, kernel, lean, &mut report) {
        ui::error(&error);
        report.fail("host", "set-up", &format!("{error:#}"));
    }
    report.finish()
}

/// Runs the KUnit suites alone.
pub fn kunit(paths: &Paths, kernel: &Kernel) -> Result<ExitCode> {
    let mut report = Report::new();
    let machine = Machine::new(paths, kernel, Mode::Kunit).with_kunit();
    in_guest(&machine, &Programs::new(), &mut report)?;
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
    options: Options,
    kernel: impl FnOnce() -> Result<Kernel>,
    lean: impl FnOnce() -> Result<Kernel>,
    report: &mut Report,
) -> Result<()> {
    let kernel = kernel()?;
    let lean = lean()?;
    loads::check(paths, &lean, report)?;
    let (guest_tests, host_tests) = guest::tests(paths)?;

    hostcheck::tools(paths, report)?;
    for (name, program) in &host_tests {
        hostcheck::program(report, name, program)?;
    }
    model::check(paths, report)?;
    report.check("host", "all Rust is formatted", rustfmt::check(paths));
    let result = safety::check(paths);
    report.check("host", "no driver has anything unsafe", result);
    let result = external::driver(paths, &kernel);
    report.check("host", "a driver builds outside the clone", result);
    let result = external::template(paths, &kernel);
    report.check("host", "what `make new` starts builds", result);
    misuse::check(paths, &kernel, report)?;
    let result = provoke::check(paths, &kernel);
    report.check("host", "a complaint of the kernel fails a run", result);

    let result = programs::ensure(paths).map(drop);
    report.check("host", "the guest's programs are there", result);

    let (here, on_lean) = if options.placed {
        Placement::read(paths)?.split(guest_tests)?
    } else {
        (guest_tests, Programs::new())
    };
    let machine = |kernel| {
        let machine = Machine::new(paths, kernel, Mode::Test);
        if options.long {
            machine.with_long_tests()
        } else {
            machine
        }
    };
    in_guest(&machine(&kernel).with_kunit(), &here, report)?;
    if !on_lean.is_empty() {
        let mut machine = machine(&lean);
        machine.name.push_str("-lean");
        in_guest(&machine, &on_lean, report)?;
    }
    Ok(())
}

fn in_guest(machine: &Machine<'_>, tests: &Programs, report: &mut Report) -> Result<()> {
    let Machine { paths, kernel, .. } = *machine;
    let image = plan::image(machine, tests)?;
    ui::step("QEMU", &format!("booting Linux {}", kernel.release()?));
    let mut session = Session::new(paths, kernel, report, tests);
    let ending = vm::run(machine, &image, |line, message| session.line(line, message))?;
    session.finish(&ending);
    Ok(())
}
