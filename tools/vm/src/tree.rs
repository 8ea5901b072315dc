// SPDX-License-Identifier: GPL-2.0

//! Which state the clone is in, and what day it is.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::exec;

/// What no test depends on.
const PROSE: &[&str] = &["Documentation/", "README.md", "LICENSES/"];

/// Changes with every file that git knows or would add, but not with prose.
pub fn identity(root: &Path) -> Result<String> {
    let files = git(
        root,
        &[
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
    )?;
    let mut files: Vec<_> = files.split('\0').filter(|file| !file.is_empty()).collect();
    files.sort_unstable();
    files.dedup();
    let mut hash = Sha256::new();
    for file in files {
        if PROSE.iter().any(|prose| file.starts_with(prose)) {
            continue;
        }
        // One that has been removed and is still known to git.
        let bytes = fs::read(root.join(file)).unwrap_or_default();
        hash.update(format!("{file}\0{}\0", bytes.len()));
        hash.update(bytes);
    }
    let bytes = hash.finalize();
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The commit, and whether something has changed since.
pub fn commit(root: &Path) -> Result<String> {
    let commit = git(root, &["rev-parse", "--short=12", "HEAD"])?;
    let mut status = vec!["status", "--porcelain", "--", ":/"];
    let prose: Vec<_> = PROSE.iter().map(|prose| format!(":!{prose}")).collect();
    status.extend(prose.iter().map(String::as_str));
    let changed = !git(root, &status)?.is_empty();
    let more = if changed { " and changes" } else { "" };
    Ok(format!("{}{more}", commit.trim()))
}

/// The day, as 2026-11-29.
pub fn today() -> Result<String> {
    let day = exec::output(exec::command("date").args(["-u", "+%F"]))?;
    Ok(day.trim().to_owned())
}

fn git(root: &Path, arguments: &[&str]) -> Result<String> {
    let mut git = exec::command("git");
    exec::output(git.arg("-C").arg(root).args(arguments)).context("the state of the clone")
}
