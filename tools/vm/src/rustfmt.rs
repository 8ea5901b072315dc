// SPDX-License-Identifier: GPL-2.0

//! `make rustfmt` and `make rustfmtcheck`: the kernel's formatting for kernel code, cargo's for
//! the rest.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::cargo::cargo;
use crate::exec;
use crate::paths::Paths;
use crate::toolchain::tool;

/// Directories with code that kbuild compiles.
const KERNEL: &[&str] = &[
    "rust",
    "drivers",
    "samples",
    "tests/kmod",
    "tests/hostile",
    "tests/external",
    "tests/examples",
    "tests/compile-fail",
];

/// Workspaces of cargo's.
const CARGO: &[&str] = &[
    "tools/Cargo.toml",
    "tests/user/Cargo.toml",
    "tests/model/Cargo.toml",
];

/// Whether everything is formatted; what is not is printed.
pub fn check(paths: &Paths) -> Result<()> {
    if run(paths, true)? != ExitCode::SUCCESS {
        bail!("it is not: `make rustfmt` does it");
    }
    Ok(())
}

/// Formats everything, or only checks that it is formatted.
pub fn run(paths: &Paths, check: bool) -> Result<ExitCode> {
    let mut good = true;
    let mut files = Vec::new();
    for dir in KERNEL {
        let dir = paths.root().join(dir);
        if dir.exists() {
            rust_files(&dir, &mut files)?;
        }
    }
    files.sort();
    if !files.is_empty() {
        let mut rustfmt = exec::command(tool("rustfmt"));
        // The settings of the kernel's .rustfmt.toml.
        rustfmt
            .args(["--edition", "2021", "--config", "newline_style=Unix"])
            .args(check.then_some("--check"))
            .args(&files);
        good &= succeeds(&mut rustfmt)?;
    }
    for manifest in CARGO.iter().map(|file| paths.root().join(file)) {
        if !manifest.exists() {
            continue;
        }
        let mut fmt = cargo("fmt");
        fmt.arg("--manifest-path").arg(&manifest).arg("--all");
        if check {
            fmt.args(["--", "--check"]);
        }
        good &= succeeds(&mut fmt)?;
    }
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn succeeds(command: &mut Command) -> Result<bool> {
    let status = command.status();
    Ok(status
        .map_err(|error| exec::not_started(command, error))?
        .success())
}

/// Finds the kernel's files below `dir`: what belongs to a crate of cargo's has its edition from
/// there.
pub fn rust_files(dir: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if dir.join("Cargo.toml").exists() {
        return Ok(());
    }
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            rust_files(&path, files)?;
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
    Ok(())
}
