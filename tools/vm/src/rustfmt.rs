// SPDX-License-Identifier: GPL-2.0

//! `make rustfmt` and `make rustfmtcheck`. How a file is formatted, the next `.rustfmt.toml` above it
//! says: the kernel's way, and the edition of its crate.

use anyhow::{Result, bail};

use crate::exec;
use crate::paths::Paths;
use crate::toolchain::tool;
use crate::tree;

/// What decides whether everything is formatted, as git's patterns.
pub const INPUTS: &[&str] = &["*.rs", "*.rustfmt.toml"];

/// Whether everything is formatted; what is not is printed.
pub fn check(paths: &Paths) -> Result<()> {
    if !run(paths, true)? {
        bail!("it is not: `make rustfmt` does it");
    }
    Ok(())
}

/// Formats everything, or only checks that it is formatted. Whether that went well.
pub fn run(paths: &Paths, check: bool) -> Result<bool> {
    let mut rustfmt = exec::command(tool("rustfmt"));
    rustfmt
        .args(check.then_some("--check"))
        .args(tree::files(paths.root(), &["*.rs"])?)
        .current_dir(paths.root());
    exec::interactive(&mut rustfmt)
}
