// SPDX-License-Identifier: GPL-2.0

//! Which KUnit suites there are, and which are asked for.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use anyhow::Result;
use fs_err as fs;
use regex::Regex;

use crate::files;
use crate::paths::Paths;
use crate::select::Selection;

/// What the names of ours begin with, and need not be said.
const OURS: &str = "devscope_";

/// Where there may be some.
const DIRS: &[&str] = &["rust", "drivers", "samples", "tests/kmod"];

/// The suites that are asked for, as patterns of the kernel's.
pub fn selected(paths: &Paths, selection: &Selection) -> Result<Vec<String>> {
    if selection.is_all() {
        return Ok(vec![format!("{OURS}*")]);
    }
    let mut names = BTreeSet::new();
    for file in files::rust(paths.root(), DIRS)? {
        names.extend(in_source(&fs::read_to_string(file)?));
    }
    // Others are for the checks that boot a guest for them.
    let asked_for = |name: &String| {
        name.strip_prefix(OURS)
            .is_some_and(|short| selection.has(&[name, short]))
    };
    Ok(names.into_iter().filter(asked_for).collect())
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
