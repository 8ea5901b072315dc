// SPDX-License-Identifier: GPL-2.0

//! Proves that a kernel's complaint fails a run: boots a guest that provokes one (LKDTM), and
//! judges it like any other.

use anyhow::{Result, bail};

use crate::guest::Programs;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::paths::Paths;
use crate::plan;
use crate::qemu::Mode;
use crate::report::Report;
use crate::session::Session;
use crate::vm;

/// Succeeds when the guest is judged to have failed, for the reason it was made to fail for and
/// no other.
pub fn check(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let machine = Machine::new(paths, kernel, Mode::Provoke);
    let image = plan::image(&machine, &Programs::new())?;
    let mut report = Report::silent();
    let mut session = Session::new(paths, kernel, &mut report, &Programs::new());
    let ending = vm::run(&machine, &image, |line, message| {
        session.line(line, message)
    })?;
    session.finish(&ending);
    match report.failures() {
        [] => bail!("the kernel was made to complain and the run passed all the same"),
        [one] if one.contains("provoke: WARNING:") => Ok(()),
        others => bail!(
            "the run failed, but not as it was made to: {}",
            others.join("; ")
        ),
    }
}
