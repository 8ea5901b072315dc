// SPDX-License-Identifier: GPL-2.0

//! Proves that what goes wrong in a guest is noticed, and takes nothing else with it: has guests
//! that complain, hang or go on purpose (LKDTM, rust/devscope/tests/provoke.rs), and judges them
//! like any others.

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;

use crate::campaign;
use crate::guest::Programs;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::paths::Paths;
use crate::qemu::Mode;
use crate::report::Report;
use crate::workload::Workload;

/// The programs that do so.
pub const DIR: &str = "tools/vm/guest/provoke";

/// What lockdep is to say of its gates, and what these are called.
const CYCLE: &str = "WARNING: possible circular locking dependency";
const GATES: [&str; 2] = ["provoke_one", "provoke_other"];

/// What the kernel is to say of a sleep in atomic context, and where it is.
const SLEEP: &str = "BUG: sleeping function called from invalid context";
const SLEEPER: &str = "tests/provoke.rs";

/// Where failures are found.
const LOG: &str = "guest kernel log";

/// Succeeds when a warning of the kernel's fails a run, and nothing else does.
pub fn complaint(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let machine = Machine::new(paths, kernel, Mode::Provoke);
    let report = judged(&machine, &["complains"])?;
    match report.failures() {
        [] => bail!("the kernel was made to complain and the run passed all the same"),
        [one] if one.starts_with(LOG) && one.contains("user complains: WARNING:") => Ok(()),
        others => bail!("not as it was made to fail: {}", others.join("; ")),
    }
}

/// Succeeds when lockdep reports gates that are drained crosswise, by their names, and nothing else
/// fails.
pub fn lockdep(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let suite = "provoke_lockdep";
    reports(paths, kernel, suite, "PROVE_LOCKING", CYCLE, |text| {
        let held_or_wanted = |name| text.contains(&format!("({name}){{"));
        GATES.into_iter().all(held_or_wanted)
    })
}

/// Succeeds when the kernel reports a driver that says it may sleep where it may not, and nothing
/// else fails.
pub fn sleep(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let suite = "provoke_sleep";
    reports(paths, kernel, suite, "DEBUG_ATOMIC_SLEEP", SLEEP, |text| {
        text.contains(SLEEPER)
    })
}

/// Has `suite` run, of which a kernel with `option` says `what`. `names` looks whether its log names
/// those that are wrong.
fn reports(
    paths: &Paths,
    kernel: &Kernel,
    suite: &str,
    option: &str,
    what: &str,
    names: impl Fn(&str) -> bool,
) -> Result<()> {
    let mut machine = Machine::new(paths, kernel, Mode::Kunit);
    machine.name = suite.to_owned();
    machine.kunit = vec![suite.to_owned()];
    let report = judged(&machine, &[])?;
    let has_option = kernel.has(option)?;
    match report.failures() {
        [] if !has_option => return Ok(()),
        [] => bail!("{suite} is wrong and the kernel did not report it"),
        [one] if has_option && one.starts_with(LOG) && one.contains(what) => {}
        others => bail!("not as it was made to fail: {}", others.join("; ")),
    }
    let file = paths.log(&format!("{suite}-console"))?;
    let text = fs::read_to_string(&file).context("the kernel's log is not there")?;
    ensure!(
        names(&text),
        "the report does not say who is wrong: {}",
        file.display()
    );
    Ok(())
}

/// Succeeds when a CPU that goes round in circles, a guest that goes in the middle of a test, and a
/// program that sleeps fail these tests, and the one after them is run all the same; and when the
/// report says where the CPU and the program were.
pub fn hang(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let programs = ["hangs", "powers_off", "sleeps", "survives"];
    let mut machine = Machine::new(paths, kernel, Mode::Provoke);
    machine.name = "hang".to_owned();
    let report = judged(&machine, &programs)?;
    // What the kernel itself notices of the hang, it notices on a fast machine only.
    let failures = but_for_the_log(&report);
    let [hung, went, slept] = failures[..] else {
        bail!("not as they were made to fail: {:?}", report.failures());
    };
    for (name, failure) in [("hangs", hung), ("sleeps", slept)] {
        let noticed = failure.starts_with(&format!("user {name}: it hung:"));
        ensure!(noticed, "the hang was taken for something else: {failure}");
    }
    let survived = "user powers_off: the guest did not survive it";
    ensure!(
        went.starts_with(survived),
        "its end was not noticed: {went}"
    );
    let mut passed = report.outcomes().iter().filter(|outcome| outcome.passed);
    let last = passed.any(|outcome| outcome.name == "survives");
    ensure!(last, "the program after them was not run");

    // The guests are counted: the first and the third have hung.
    for (guest, found) in [("hang", "lkdtm_HARDLOCKUP"), ("hang-3", "sleeps (")] {
        let file = paths.log(&format!("{guest}-hang"))?;
        let text = fs::read_to_string(&file).context("nothing was found out about the hang")?;
        for what in [found, "RIP="] {
            ensure!(text.contains(what), "{} has no `{what}`", file.display());
        }
    }
    Ok(())
}

/// The failures that are not found in the kernel's log.
pub fn but_for_the_log(report: &Report) -> Vec<&String> {
    let failures = report.failures().iter();
    failures
        .filter(|failure| !failure.starts_with(LOG))
        .collect()
}

/// What a guest that runs `programs` comes to.
fn judged(machine: &Machine<'_>, programs: &[&str]) -> Result<Report> {
    let dir = machine.paths.root().join(DIR);
    let file = |program: &&str| (program.to_string(), dir.join(program));
    let programs: Programs = programs.iter().map(file).collect();
    let mut report = Report::silent();
    campaign::run(machine, Workload::all(programs), &mut report, None)?;
    Ok(report)
}
