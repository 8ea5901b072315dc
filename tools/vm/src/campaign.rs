// SPDX-License-Identifier: GPL-2.0

//! Runs the tests of one kernel in guests: a program that hangs, or that its guest does not
//! survive, is not run again, and the guest is booted again for those that are left.

use anyhow::Result;

use crate::clock::Part;
use crate::log;
use crate::machine::Machine;
use crate::plan;
use crate::records::{Record, Records};
use crate::report::Report;
use crate::session::Session;
use crate::ui;
use crate::vm;
use crate::workload::Workload;

/// How many guests are booted for one kernel. Each but the last has ended early.
const GUESTS: usize = 6;

/// Runs the KUnit suites that `machine` has, and the tests of `workload`. Programs of which
/// `records` are kept, and that have passed, are reported and not run.
pub fn run(
    machine: &Machine<'_>,
    mut workload: Workload,
    report: &mut Report,
    mut records: Option<&mut Records>,
) -> Result<()> {
    if let Some(records) = &records {
        records.take_over(&mut workload, report);
    }
    if workload.programs().is_empty() && machine.kunit.is_empty() {
        return Ok(());
    }
    let mut machine = machine.clone();
    let name = machine.name.clone();
    for guest in 1.. {
        report.part(Part::Build);
        let image = plan::image(&machine, &workload)?;
        let release = machine.kernel.release()?;
        ui::step("QEMU", &format!("booting Linux {release}"));
        let log = machine.paths.log(&format!("{}-console", machine.name))?;
        let names = workload.programs().keys().cloned();
        let mut session = Session::new(&machine, report, names);
        let ending = vm::run(&machine, &image, |line, message| {
            if let Some(program) = session.line(line, message)
                && workload.arguments(&program).is_empty()
                && let Some(records) = &mut records
                && log::scan(&vm::read(&log)?).splats.is_empty()
            {
                records.add(Record::new(&program, session.of_program())?)?;
            }
            Ok(())
        })?;
        let left = session.finish(&ending);
        if left.is_empty() {
            break;
        }
        // A script that came to its end will do so again.
        if ending.status.is_ok() || guest == GUESTS {
            for program in left {
                report.fail("user", &program, "it was not run");
            }
            break;
        }
        let text = format!("one more guest for the {} programs left", left.len());
        ui::step("QEMU", &text);
        workload.keep(&left);
        machine.kunit.clear();
        machine.name = format!("{name}-{}", guest + 1);
    }
    report.part(Part::Build);
    Ok(())
}
