// SPDX-License-Identifier: GPL-2.0

//! Has devscope-torture torment nodes in a guest, or look for faults that are planted in a driver.
//! `tests/user/src/bin/torment` is what does it there.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail, ensure};

use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::paths::Paths;
use crate::qemu::Mode;
use crate::run;
use crate::workload::Workload;

/// What the check of planted faults depends on, beside the guest.
pub const INPUTS: &[&str] = &[
    "Documentation/torture.rst",
    "tests/kmod/testfault",
    "tests/user/src",
    "tools/devscope-torture",
];

/// What the kernel says of a fault. It says it of each, and not of the first one alone.
const ALL: &str = "kasan_multi_shot";

/// Torments all nodes, or those that are named, each for so many seconds, or so many operations.
pub fn nodes(
    paths: &Paths,
    kernel: &Kernel,
    node: Option<&str>,
    seconds: u64,
    operations: Option<u64>,
) -> Result<ExitCode> {
    let mut machine = Machine::new(paths, kernel, Mode::Torture);
    let words = &mut machine.words;
    words.push(format!("devscope.torture_seconds={seconds}"));
    words.extend(operations.map(|it| format!("devscope.torture_operations={it}")));
    if let Some(node) = node {
        if node.contains(char::is_whitespace) {
            bail!("NODE= names nodes with commas between them, and no spaces");
        }
        words.push(format!("devscope.torture_nodes={node}"));
    }
    machine.limit += Duration::from_secs(seconds);
    run::machine(&machine, &Workload::default(), false)
}

/// Looks for all planted faults that `kernel` can help to find.
pub fn faults(paths: &Paths, kernel: &Kernel) -> Result<ExitCode> {
    let which = match kernel.has("KASAN")? {
        true => "all",
        false => "plain",
    };
    run::machine(&guest(paths, kernel, which), &Workload::default(), true)
}

/// Succeeds when the tool finds each planted fault that needs a checker of the kernel's.
pub fn check(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let (ending, said) = run::quietly(&guest(paths, kernel, "checkers"))?;
    ensure!(ending.require_status()? == 0, "{}", said.join("\n"));
    Ok(())
}

fn guest<'a>(paths: &'a Paths, kernel: &'a Kernel, which: &str) -> Machine<'a> {
    let mut machine = Machine::new(paths, kernel, Mode::Torture);
    machine.name.push_str("-faults");
    machine
        .words
        .extend([ALL.to_owned(), format!("devscope.torture_faults={which}")]);
    machine
}
