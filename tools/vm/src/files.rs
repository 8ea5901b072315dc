// SPDX-License-Identifier: GPL-2.0

//! Finds the files of a directory, and reads lists.

use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;

/// What a directory is called whose contents are made, not written.
const MADE: &[&str] = &[".git", "build", "target"];

/// All files below `dir` that somebody has written, in order.
pub fn below(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_symlink() || !path.is_dir() {
            found.push(path);
        } else if !MADE.iter().any(|name| path.ends_with(name)) {
            found.extend(below(&path)?);
        }
    }
    found.sort();
    Ok(found)
}

/// Those with the extension `ext`.
pub fn of(dir: &Path, ext: &str) -> Result<Vec<PathBuf>> {
    let mut found = below(dir)?;
    found.retain(|file| file.extension().is_some_and(|other| other == ext));
    Ok(found)
}

/// All Rust below the directories `dirs` of `root`.
pub fn rust(root: &Path, dirs: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for dir in dirs {
        found.extend(of(&root.join(dir), "rs")?);
    }
    Ok(found)
}

/// The name of a file, without what it is in and without its extension.
pub fn stem(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// What the lines of a list say: their words, and no comments.
pub fn words(list: &str) -> impl Iterator<Item = Vec<&str>> {
    list.lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|words| !words.is_empty())
}
