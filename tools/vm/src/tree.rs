// SPDX-License-Identifier: GPL-2.0

//! Which state the clone is in, and what day it is.

use std::path::Path;

use anyhow::{Context, Result};
use fs_err as fs;
use sha2::{Digest, Sha256};

use crate::exec;
use crate::kernel::hex;

/// What no test depends on.
const PROSE: &[&str] = &["Documentation/", "README.md", "LICENSES/"];

/// The files that git knows or would add, of those that match one of `patterns`; all, if there is no
/// pattern.
pub fn files(root: &Path, patterns: &[&str]) -> Result<Vec<String>> {
    let command = [
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--deduplicate",
        "--",
    ];
    let list = git(root, &[&command, patterns].concat())?;
    let files = list.split_terminator('\0');
    // One that has been removed may be known to git still.
    let files = files.filter(|file| root.join(file).exists());
    Ok(files.map(str::to_owned).collect())
}

/// Changes with every file that git knows or would add, but not with prose.
pub fn identity(root: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    for file in files(root, &[])? {
        if PROSE.iter().any(|prose| file.starts_with(prose)) {
            continue;
        }
        let bytes = fs::read(root.join(&file))?;
        hash.update(format!("{file}\0{}\0", bytes.len()));
        hash.update(bytes);
    }
    Ok(hex(&hash.finalize()))
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
    // The clone may be another user's.
    git.args(["-c", "safe.directory=*", "-C"]).arg(root);
    exec::output(git.args(arguments)).context("the state of the clone")
}
