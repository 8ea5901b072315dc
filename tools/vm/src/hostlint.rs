// SPDX-License-Identifier: GPL-2.0

//! Clippy on what cargo builds: the host tools, the guest's programs and the model.

use anyhow::Result;

use crate::cargo;
use crate::exec;
use crate::guest;
use crate::model;
use crate::paths::Paths;
use crate::ui;

/// Lints all workspaces; a warning is an error.
pub fn clippy(paths: &Paths) -> Result<()> {
    ui::step("CLIPPY", "host tools");
    let mut tools = cargo::tools(paths, "clippy");
    tools.args(["--all-targets", "--", "-D", "warnings"]);
    exec::logged(&mut tools, &paths.log("clippy-tools")?)?;

    ui::step("CLIPPY", "the guest's programs");
    let mut user = guest::command(paths, "clippy")?;
    user.args(["--all-targets", "--", "-D", "warnings"]);
    exec::logged(&mut user, &paths.log("clippy-user")?)?;

    ui::step("CLIPPY", "the model");
    let mut model = model::command(paths, "clippy", paths.root());
    model.args(["--lib", "--profile", "test", "--", "-D", "warnings"]);
    exec::logged(&mut model, &paths.log("clippy-model")?)
}
