// SPDX-License-Identifier: GPL-2.0

//! Kernel versions: which one Devscope is for, and which one a tree has.

use std::path::Path;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::exec;
use crate::ui;

/// The kernel series Devscope is written against.
pub const SERIES: &str = "7.3";

/// The releases of it that all tests have passed with.
const TRIED: &[&str] = &["7.3.4"];

/// Fails unless `version`, which `what` has, is a release of [`SERIES`]; says so if it is one that was
/// not tried.
pub fn require(what: &str, version: &str) -> Result<()> {
    let tried = TRIED.join(", ");
    if !supported(version) {
        bail!("{what} is Linux {version}; Devscope is written against {SERIES} (tried: {tried})");
    }
    if !is_tried(version) {
        ui::step(
            "NOTE",
            &format!("{what} is Linux {version}, which was not tried ({tried} was)"),
        );
    }
    Ok(())
}

fn is_tried(version: &str) -> bool {
    let mut parts = version.split(|c: char| !c.is_ascii_digit() && c != '.');
    parts.next().is_some_and(|release| TRIED.contains(&release))
}

/// Whether `version` ("7.3.4", "7.3.4-1-amd64") is a release of [`SERIES`].
pub fn supported(version: &str) -> bool {
    match version.strip_prefix(SERIES) {
        Some(rest) => rest.is_empty() || rest.starts_with(['.', '-', '+']),
        None => false,
    }
}

/// The last number of a release ("7.3.4+deb13-amd64" is 4).
pub fn patch_level(version: &str) -> u32 {
    let level = version.split('.').nth(2).unwrap_or_default();
    let mut parts = level.split(|c: char| !c.is_ascii_digit());
    parts.next().and_then(|it| it.parse().ok()).unwrap_or(0)
}

/// The releases of [`SERIES`] in the cache, the newest last; `of` is the one that a directory's name
/// says.
pub fn cached(cache: &Path, of: impl Fn(&str) -> Option<&str>) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(cache)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        found.extend(of(&name).filter(|it| supported(it)).map(str::to_owned));
    }
    found.sort_by_cached_key(|release| (patch_level(release), release.clone()));
    Ok(found)
}

/// The version of a source tree, as its Makefile says it.
pub fn of_source(tree: &Path) -> Result<String> {
    let mut make = exec::command("make");
    let said = exec::output(make.args(["-s", "kernelversion", "-C"]).arg(tree))
        .with_context(|| format!("{} is no kernel source", tree.display()))?;
    Ok(said.trim().to_owned())
}

/// The release that a built tree was built as ("7.3.4-custom").
pub fn of_build(kdir: &Path) -> Result<String> {
    let file = kdir.join("include/config/kernel.release");
    let text = fs::read_to_string(&file).with_context(|| {
        format!(
            "{} is no built kernel tree (include/config/kernel.release is missing)",
            kdir.display()
        )
    })?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{is_tried, patch_level, supported};

    #[test]
    fn levels() {
        assert_eq!(patch_level("7.3.12"), 12);
        assert_eq!(patch_level("7.3.4+deb13-amd64"), 4);
        assert_eq!(patch_level("7.3"), 0);
    }

    #[test]
    fn exact_releases() {
        assert!(is_tried("7.3.4") && is_tried("7.3.4+deb13-amd64"));
        assert!(!is_tried("7.3.40") && !is_tried("7.3") && !is_tried("7.3.4.1"));
    }

    #[test]
    fn only_the_series() {
        for yes in [
            "7.3",
            "7.3.0",
            "7.3.4",
            "7.3.4-1-amd64",
            "7.3-local",
            "7.3.1+",
        ] {
            assert!(supported(yes), "{yes}");
        }
        for no in ["7.30.1", "7.2.9", "6.7.3", "17.3", ""] {
            assert!(!supported(no), "{no}");
        }
    }
}
