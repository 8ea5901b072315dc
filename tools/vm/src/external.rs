// SPDX-License-Identifier: GPL-2.0

//! Builds a driver that lives elsewhere: tests/external, from a directory outside the clone.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::exec;
use crate::kernel::Kernel;
use crate::ko;
use crate::modules::Modules;
use crate::paths::{self, Paths};

/// Where the driver is, if this clone has it.
pub const SOURCE: &str = "tests/external";

/// Copies it to a place of its own, builds it there against the clone's objects, and removes it.
pub fn check(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let modules = Modules::build(paths, kernel)?;
    let name = format!("devscope-external-{}", std::process::id());
    let dir = std::env::temp_dir().join(name);
    paths::remove(&dir)?;
    let result = build(paths, kernel, &modules, &dir);
    paths::remove(&dir)?;
    result
}

fn build(paths: &Paths, kernel: &Kernel, modules: &Modules, dir: &Path) -> Result<()> {
    exec::output(
        exec::command("cp")
            .arg("-R")
            .arg(paths.root().join(SOURCE))
            .arg(dir),
    )?;
    exec::logged(
        kernel
            .make()
            .arg("--no-print-directory")
            .arg(format!("M={}", dir.display()))
            .arg(format!("DEVSCOPE={}", modules.dir().display()))
            .arg("modules"),
        &paths.log("external")?,
    )?;
    let order = fs::read_to_string(dir.join("modules.order")).context("it has no modules.order")?;
    for line in order.lines() {
        let module = dir.join(line).with_extension("ko");
        if !module.exists() {
            bail!("{} was not built", ko::name(&module));
        }
    }
    if order.trim().is_empty() {
        bail!("it builds no module");
    }
    Ok(())
}
