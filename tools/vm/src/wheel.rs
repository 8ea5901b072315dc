// SPDX-License-Identifier: GPL-2.0

//! Python packages that Debian does not have, through pip, which has the user's configuration.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::exec;
use crate::files;

/// Debian's Python, whichever comes first in PATH.
const PYTHON: &str = "/usr/bin/python3";

/// Downloads the wheels of a pip requirements file, which gives their hashes, into the directory
/// `to`; returns the files.
pub fn download(requirements: &Path, to: &Path, log: &Path) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(to)?;
    exec::logged(
        python()
            .args(["-m", "pip", "download", "--no-deps", "--require-hashes"])
            .args(["--only-binary=:all:", "--progress-bar=off", "--no-input"])
            .args(["--disable-pip-version-check", "--no-cache-dir", "--dest"])
            .arg(to)
            .arg("--requirement")
            .arg(requirements)
            .env("PIP_REQUIRE_VIRTUALENV", "0"),
        log,
    )
    .context("pip could not download the guest's wheels (is the network reachable?)")?;
    let wheels = files::of(to, "whl")?;
    if wheels.is_empty() {
        bail!("pip downloaded no wheel");
    }
    Ok(wheels)
}

/// Unpacks wheels of nothing but Python into the directory `to`.
pub fn unpack(wheels: &[PathBuf], to: &Path, log: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for wheel in wheels {
        let name = wheel.to_string_lossy();
        if !name.ends_with("-none-any.whl") {
            bail!("{name} is for one kind of machine, and has to be installed");
        }
        exec::logged(
            python().args(["-m", "zipfile", "-e"]).arg(wheel).arg(to),
            log,
        )?;
    }
    Ok(())
}

/// Python without what the user's environment adds to it.
fn python() -> Command {
    let mut command = exec::command(PYTHON);
    command.arg("-I");
    command
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::unpack;

    #[test]
    fn only_what_runs_everywhere() {
        let wheel = "tool-1.0-cp311-cp311-linux_x86_64.whl".into();
        let dir = TempDir::new().unwrap();
        let refused = unpack(&[wheel], dir.path(), &dir.path().join("log"));
        let text = format!("{:#}", refused.expect_err("a wheel with machine code"));
        assert!(text.contains("one kind of machine"), "{text}");
    }
}
