// SPDX-License-Identifier: GPL-2.0

//! `make test` and `make kunit`.

use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use anyhow::{Result, anyhow, bail};

use crate::budget::Budget;
use crate::campaign;
use crate::checks::{self, Bench, Checks};
use crate::clock::{self, Part};
use crate::config::Config;
use crate::guest;
use crate::kernel::Kernel;
use crate::kernels::Kernels;
use crate::longtable;
use crate::machine::Machine;
use crate::misuse;
use crate::paths::{self, Paths};
use crate::placement::Placement;
use crate::programs;
use crate::qemu::Mode;
use crate::records::Records;
use crate::report::Report;
use crate::select::Selection;
use crate::suites;
use crate::ui;
use crate::workload::Workload;

/// How tests are run.
#[derive(Debug)]
pub struct Options {
    /// Which ones.
    pub selection: Selection,
    /// Each program runs on the kernel that tools/vm/guest/tests.conf names.
    pub placed: bool,
    /// The long form.
    pub long: bool,
}

/// Runs the tests that are asked for. A failed set-up is a failed test.
pub fn run(paths: &Paths, options: &Options, kernels: &Kernels) -> ExitCode {
    let mut report = Report::new();
    let result = Budget::start().and_then(|budget| {
        some(paths, options, kernels, &mut report)?;
        report.times();
        paths::write(&paths.log("times")?, clock::table(report.outcomes()))?;
        // What it says is about the whole, as it is run most.
        if options.placed
            && options.selection.is_all()
            && !options.long
            && let Some(text) = budget.judge(report.clock())?
        {
            report.note("time", &text);
        }
        Ok(())
    });
    if let Err(error) = result {
        ui::error(&error);
        report.fail("host", "set-up", &format!("{error:#}"));
    }
    report.finish()
}

/// Runs KUnit suites alone.
pub fn kunit(paths: &Paths, kernel: &Kernel, selection: &Selection) -> Result<ExitCode> {
    let mut report = Report::new();
    let mut machine = Machine::new(paths, kernel, Mode::Kunit);
    machine.kunit = suites::selected(paths, selection)?;
    selection.require_used()?;
    campaign::run(&machine, Workload::default(), &mut report, None)?;
    Ok(report.finish())
}

/// Checks that misuses do not compile.
pub fn compile_fail(paths: &Paths, kernel: &Kernel) -> Result<ExitCode> {
    let mut report = Report::new();
    misuse::check(paths, kernel, &misuse::names(paths)?, &mut report)?;
    Ok(report.finish())
}

fn some(paths: &Paths, options: &Options, kernels: &Kernels, report: &mut Report) -> Result<()> {
    let selection = &options.selection;
    let names = guest::names(paths)?;
    let checks = Checks::selected(paths, selection, &names.host, options.long)?;
    let suites = suites::selected(paths, selection)?;
    let placement = Placement::read(paths, &names.guest)?;
    let guest::Names { guest, host } = names;
    let wanted = |name: &&String| selection.has_part_of(name);
    let wanted: Vec<_> = guest.iter().filter(wanted).cloned().collect();
    selection.require_known(&[guest, host.clone()].concat())?;

    // A test that is not there is seen before anything is run.
    let built = guest::tests(paths, &wanted)?;
    let workload = Workload::selected(built, selection)?;
    selection.require_known(&host)?;
    let units = checks.unit_tests(paths, selection)?;
    selection.require_used()?;
    let guests = Guests {
        suites,
        workload,
        placement,
        options,
        kernels,
    };

    // Guests, one at a time, leave processors idle, and so do parts of the build of a kernel.
    let mut beside = Report::new();
    let (checked, results, waited) = thread::scope(|scope| {
        let checked = scope.spawn(|| {
            checks::stand_back();
            checks.beside(&units, &mut Bench::new(paths, kernels, &mut beside)?)
        });
        let results = both(selection, kernels).and_then(|()| {
            let results = guests.run(paths, report)?;
            report.part(Part::Host);
            checks.in_guests(&mut Bench::new(paths, kernels, report)?)?;
            Ok(results)
        });
        let waits = Instant::now();
        (checked.join(), results, waits.elapsed())
    });
    report.join(beside, waited);
    checked.map_err(|_| anyhow!("a check panics"))??;
    let results = results?;
    if report.outcomes().is_empty() {
        bail!("no test has run");
    }
    if options.long && selection.is_all() {
        longtable::write(paths, report, &results)?;
    }
    Ok(())
}

/// Builds the kernels of all guests, where all tests run: a build beside a guest would slow it down.
fn both(selection: &Selection, kernels: &Kernels) -> Result<()> {
    if selection.is_all() {
        kernels.tests()?;
        kernels.lean()?;
    }
    Ok(())
}

/// What is to be run in guests.
struct Guests<'a> {
    suites: Vec<String>,
    workload: Workload,
    placement: Placement,
    options: &'a Options,
    kernels: &'a Kernels,
}

impl Guests<'_> {
    /// Runs it. In the long form, returns what has passed on which kernel.
    fn run(self, paths: &Paths, report: &mut Report) -> Result<Vec<longtable::OnKernel>> {
        let Self {
            suites,
            workload,
            mut placement,
            options,
            kernels,
        } = self;
        let mut programs = workload.programs().keys();
        if programs.any(|it| it.ends_with("_programs")) {
            programs::ensure(paths)?;
        }
        let needs = std::mem::take(&mut placement.needs);
        if !options.placed {
            placement = Placement::default();
        }
        let (mut lean, most) = workload.split(&placement.lean)?;
        // Who asks for some tests wants them whole, and in one guest.
        let spread = options.selection.is_all() && !placement.both.is_empty();
        if spread {
            lean.add(most.clone().split(&placement.both)?.0);
        }
        let whose = |whose: &str| spread.then(|| format!("devscope.handlers={whose}"));
        let mut results = Vec::new();
        if !suites.is_empty() || !most.programs().is_empty() {
            let mode = match most.programs().is_empty() {
                true => Mode::Kunit,
                false => Mode::Test,
            };
            let kernel = kernels.tests()?;
            let mut machine = Machine::new(paths, &kernel, mode);
            machine.kunit = suites;
            machine.words.extend(whose("ours"));
            results.extend(in_guest(machine, most, &needs, options, report)?);
        }
        if !lean.programs().is_empty() {
            let kernel = kernels.lean()?;
            let mut machine = Machine::new(paths, &kernel, Mode::Test);
            machine.name.push_str("-lean");
            machine.words.extend(whose("c"));
            results.extend(in_guest(machine, lean, &needs, options, report)?);
        }
        Ok(results)
    }
}

fn without(setting: &str) -> String {
    format!("it needs a kernel with CONFIG_{setting}")
}

/// Runs what there is for one kernel; in the long form, what has passed before is taken over.
/// Returns what has passed then, and on which kernel.
fn in_guest(
    mut machine: Machine<'_>,
    mut workload: Workload,
    needs: &[(String, String)],
    options: &Options,
    report: &mut Report,
) -> Result<Option<longtable::OnKernel>> {
    let config = Config::of_build(machine.kernel.dir())?;
    if !machine.kunit.is_empty() && !config.has("KUNIT") {
        report.skip("kunit", &machine.kunit.join(" "), &without("KUNIT=y"));
        machine.kunit.clear();
    }
    for (name, setting) in needs.iter().filter(|(_, setting)| !config.agrees(setting)) {
        let (skipped, rest) = workload.split(std::slice::from_ref(name))?;
        if !skipped.programs().is_empty() {
            report.skip("user", name, &without(setting));
        }
        workload = rest;
    }
    if !options.long {
        campaign::run(&machine, workload, report, None)?;
        return Ok(None);
    }
    let (paths, kernel) = (machine.paths, machine.kernel);
    let mut records = Records::open(paths, kernel)?;
    let machine = machine.with_long_tests();
    campaign::run(&machine, workload, report, Some(&mut records))?;
    let name = format!("{}, {}", kernel.release()?, kernel.name());
    Ok(Some((name, records)))
}
