// SPDX-License-Identifier: GPL-2.0

//! Guests whose output is for the user: the demo, the benchmark, the shell.

use std::io::{Write, stdout};
use std::process::ExitCode;
use std::thread;

use anyhow::{Result, anyhow, bail};

use crate::guest;
use crate::kernel::Kernel;
use crate::log;
use crate::machine::Machine;
use crate::paths::Paths;
use crate::plan;
use crate::programs;
use crate::protocol::Message;
use crate::qemu::Mode;
use crate::ui;
use crate::vm::{self, Ending};
use crate::workload::Workload;

/// Gets a kernel, and builds the demo's programs meanwhile: most of what a kernel takes keeps one
/// processor busy.
pub fn with_programs(paths: &Paths, kernel: impl FnOnce() -> Result<Kernel>) -> Result<Kernel> {
    thread::scope(|threads| {
        let programs = threads.spawn(|| guest::programs(paths, Mode::Run));
        let kernel = kernel()?;
        // What is wrong with them is said by who needs them.
        let _ = programs.join();
        Ok(kernel)
    })
}

/// Runs a guest that has no tests. Returns what its programs say, too.
pub fn quietly(machine: &Machine<'_>) -> Result<(Ending, Vec<String>)> {
    let image = plan::image(machine, &Workload::default())?;
    let mut said = Vec::new();
    let ending = vm::run(machine, &image, |line, message| {
        if message.is_none() {
            said.push(line.to_owned());
        }
        Ok(())
    })?;
    Ok((ending, said))
}

/// Runs the demo and shows what it says.
pub fn story(paths: &Paths, kernel: &Kernel) -> Result<ExitCode> {
    let demo = Machine::new(paths, kernel, Mode::Run);
    machine(&demo, &Workload::default(), false)
}

/// Runs the demo and shows nothing: it fails if the demo does, or if the kernel complains.
pub fn demo(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let (ending, said) = quietly(&Machine::new(paths, kernel, Mode::Run))?;
    ending.require_quiet()?;
    match ending.require_status()? {
        0 => Ok(()),
        _ => bail!("it says: {}", said.last().map_or("nothing", |line| line)),
    }
}

/// Has the virtual EC work for a long time.
pub fn soak(paths: &Paths, kernel: &Kernel) -> Result<ExitCode> {
    let tests = guest::tests(paths, &["ec_lpc".to_owned()])?;
    let soak = Machine::new(paths, kernel, Mode::Soak);
    machine(&soak, &Workload::all(tests), false)
}

/// Boots a guest and shows what its programs say. Where the kernel `complains` on purpose, that is
/// no failure.
pub fn machine(machine: &Machine<'_>, workload: &Workload, complains: bool) -> Result<ExitCode> {
    let good = show(machine, workload, complains, |_, _| ())?;
    Ok(ui::exit_code(good))
}

/// As [`machine`], and returns whether all went well; `each` is told each line as well.
pub fn show(
    machine: &Machine<'_>,
    workload: &Workload,
    complains: bool,
    mut each: impl FnMut(&str, Option<&Message>),
) -> Result<bool> {
    let image = plan::image(machine, workload)?;
    let release = machine.kernel.release()?;
    ui::step("QEMU", &format!("booting Linux {release}"));
    let ending = vm::run(machine, &image, |line, message| {
        each(line, message);
        if message.is_none() {
            let mut out = stdout().lock();
            writeln!(out, "{line}")?;
            out.flush()?;
        }
        Ok(())
    })?;
    let mut good = true;
    let mut splats = log::scan(&ending.console).splats;
    splats.retain(|_| !complains);
    for splat in splats {
        good = false;
        for line in log::around(&ending.console, splat.line) {
            eprintln!("    {line}");
        }
        ui::error(&anyhow!(
            "the guest's kernel complained while it did `{}`: {} ({}, line {})",
            splat.phase,
            splat.text,
            ending.log.display(),
            splat.line
        ));
    }
    match &ending.status {
        Ok(0) => {}
        Ok(status) => {
            good = false;
            ui::error(&anyhow!(
                "the guest's program failed (status {status}); the kernel's log is {}",
                ending.log.display()
            ));
        }
        Err(why) => {
            good = false;
            for line in vm::tail(&ending.console, 15) {
                eprintln!("    {line}");
            }
            let log = ending.log.display();
            ui::error(&anyhow!("{why}; the kernel's log is {log}"));
        }
    }
    Ok(good)
}

/// A shell in a guest with all drivers.
pub fn shell(paths: &Paths, kernel: &Kernel) -> Result<ExitCode> {
    let machine = Machine::new(paths, kernel, Mode::Shell);
    let image = plan::image(&machine, &Workload::default())?;
    if let Err(error) = programs::ensure(paths) {
        ui::error(&error);
        ui::step("QEMU", "going on without them");
    }
    vm::interactive(paths, kernel, &image)?;
    Ok(ExitCode::SUCCESS)
}
