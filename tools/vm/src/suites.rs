// SPDX-License-Identifier: GPL-2.0

//! Which KUnit suites there are, and which are asked for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use anyhow::{Context, Result};
use regex::Regex;

use crate::paths::Paths;
use crate::select::Selection;

/// What the names of ours begin with, and need not be said.
const OURS: &str = "devscope_";

/// Where there may be some.
const DIRS: &[&str] = &["rust", "drivers", "samples", "tests/kmod"];

/// All suites, as a pattern of the kernel's.
pub fn all() -> Vec<String> {
    vec![format!("{OURS}*")]
}

/// The suites that are asked for, as patterns of the kernel's.
pub fn selected(paths: &Paths, selection: &Selection) -> Result<Vec<String>> {
    if selection.is_all() {
        return Ok(all());
    }
    let mut names = BTreeSet::new();
    for dir in DIRS {
        find(&paths.root().join(dir), &mut names)?;
    }
    // Others are for the checks that boot a guest for them.
    let asked_for = |name: &String| {
        name.strip_prefix(OURS)
            .is_some_and(|short| selection.has(&[name, short]))
    };
    Ok(names.into_iter().filter(asked_for).collect())
}

/// Finds those in the source below `dir`.
fn find(dir: &Path, names: &mut BTreeSet<String>) -> Result<()> {
    let failed = || format!("cannot read {}", dir.display());
    for entry in fs::read_dir(dir).with_context(failed)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, names)?;
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            names.extend(in_source(&fs::read_to_string(&path).with_context(failed)?));
        }
    }
    Ok(())
}

fn in_source(text: &str) -> impl Iterator<Item = String> {
    static SUITE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^\s*#\[kunit_tests\((\w+)\)\]").expect("the pattern is constant")
    });
    SUITE.captures_iter(text).map(|found| found[1].to_owned())
}

#[cfg(test)]
mod tests {
    use super::in_source;

    #[test]
    fn suites_of_a_file() {
        let text = "use x;\n\n#[kunit_tests(devscope_gate)]\nmod tests {\n// #[kunit_tests(no)]\n}";
        assert!(in_source(text).eq(["devscope_gate"]));
    }
}
