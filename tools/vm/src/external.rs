// SPDX-License-Identifier: GPL-2.0

//! Builds drivers in a directory outside the clone: tests/external, and what `make new` starts.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::exec;
use crate::kernel::Kernel;
use crate::ko;
use crate::modules::Modules;
use crate::paths::{self, Paths};

/// Builds tests/external.
pub fn driver(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let mut copy = exec::command("cp");
    copy.arg("-R").arg(paths.root().join("tests/external"));
    check(paths, kernel, "external", copy)
}

/// Builds what `make new` starts.
pub fn template(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let mut new = exec::command(paths.root().join("tools/new-driver.sh"));
    new.arg("a_new_driver");
    check(paths, kernel, "new-driver", new)
}

/// Has `fill` make a directory, which it is given as its last argument, builds the driver there
/// against the clone's objects, and removes it.
fn check(paths: &Paths, kernel: &Kernel, name: &str, mut fill: Command) -> Result<()> {
    let modules = Modules::build(paths, kernel)?;
    let dir = paths.scratch(name);
    paths::remove(&dir)?;
    exec::output(fill.arg(&dir))?;
    let result = build(paths, kernel, &modules, name, &dir);
    paths::remove(&dir)?;
    result
}

fn build(paths: &Paths, kernel: &Kernel, modules: &Modules, name: &str, dir: &Path) -> Result<()> {
    exec::logged(
        kernel
            .make()
            .arg("--no-print-directory")
            .arg(format!("M={}", dir.display()))
            .arg(format!("DEVSCOPE={}", modules.dir().display()))
            .arg("modules"),
        &paths.log(name)?,
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
