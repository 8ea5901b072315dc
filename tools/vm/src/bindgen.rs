// SPDX-License-Identifier: GPL-2.0

//! bindgen, which Debian has too old a version of: installed with cargo, into the cache.

use std::path::PathBuf;

use anyhow::{Context, Result};
use fs_err as fs;

use crate::cargo::cargo;
use crate::exec;
use crate::lock;
use crate::paths::{self, Paths};
use crate::progress::Progress;

/// The version that is known to work with the kernel series.
const VERSION: &str = "0.72.1";

/// About how many lines cargo says while it builds it.
const LINES: u64 = 104;

/// Returns the path of bindgen, if it has been built.
pub fn present(paths: &Paths) -> Option<PathBuf> {
    let program = dir(paths).join("bin/bindgen");
    program.exists().then_some(program)
}

/// Returns the path of bindgen, which is built first if it has to be.
pub fn ensure(paths: &Paths) -> Result<PathBuf> {
    if let Some(program) = present(paths) {
        return Ok(program);
    }
    let _lock = lock::cache(paths, "bindgen.lock")?;
    if let Some(program) = present(paths) {
        return Ok(program);
    }
    let mut progress = Progress::new("BINDGEN", &format!("building bindgen {VERSION}"), LINES);
    let tmp = paths.cache().join("tmp-bindgen");
    exec::lines(
        cargo("install")
            .args(["--locked", "bindgen-cli", "--version", VERSION, "--root"])
            .arg(&tmp)
            .arg("--target-dir")
            .arg(tmp.join("target")),
        &paths.log("bindgen")?,
        |line| progress.tick(line),
    )
    .context("bindgen cannot be installed (is the network reachable?)")?;
    paths::remove(&tmp.join("target"))?;
    let dir = dir(paths);
    paths::remove(&dir)?;
    fs::rename(&tmp, &dir)?;
    Ok(dir.join("bin/bindgen"))
}

fn dir(paths: &Paths) -> PathBuf {
    paths.cache().join(format!("bindgen-{VERSION}"))
}
