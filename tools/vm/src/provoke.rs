// SPDX-License-Identifier: GPL-2.0

//! Proves that what goes wrong in a guest is noticed, and takes nothing else with it: has guests
//! that complain, hang or go on purpose (LKDTM), and judges them like any others.

use std::fs;

use anyhow::{Context, Result, bail, ensure};

use crate::campaign;
use crate::guest::Programs;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::paths::Paths;
use crate::qemu::Mode;
use crate::report::Report;
use crate::workload::Workload;

/// The programs that do so.
const DIR: &str = "tools/vm/guest/provoke";

/// Where failures are found.
const LOG: &str = "guest kernel log";

/// Succeeds when a warning of the kernel's fails a run, and nothing else does.
pub fn complaint(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let report = judged(paths, kernel, "provoke", &["complains"])?;
    match report.failures() {
        [] => bail!("the kernel was made to complain and the run passed all the same"),
        [one] if one.starts_with(LOG) && one.contains("user complains: WARNING:") => Ok(()),
        others => bail!("not as it was made to fail: {}", others.join("; ")),
    }
}

/// Succeeds when a CPU that goes round in circles, a guest that goes in the middle of a test, and a
/// program that sleeps fail these tests, and the one after them is run all the same; and when the
/// report says where the CPU and the program were.
pub fn hang(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let programs = ["hangs", "powers_off", "sleeps", "survives"];
    let report = judged(paths, kernel, "hang", &programs)?;
    // What the kernel itself notices of the hang, it notices on a fast machine only.
    let failures: Vec<_> = report
        .failures()
        .iter()
        .filter(|failure| !failure.starts_with(LOG))
        .collect();
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

/// What a guest that runs `programs` comes to.
fn judged(paths: &Paths, kernel: &Kernel, name: &str, programs: &[&str]) -> Result<Report> {
    let file = |program: &&str| (program.to_string(), paths.root().join(DIR).join(program));
    let programs: Programs = programs.iter().map(file).collect();
    let mut machine = Machine::new(paths, kernel, Mode::Provoke);
    machine.name = name.to_owned();
    let mut report = Report::silent();
    campaign::run(&machine, Workload::all(programs), &mut report, None)?;
    Ok(report)
}
