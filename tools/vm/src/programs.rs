// SPDX-License-Identifier: GPL-2.0

//! Other people's programs for the guest, as users of our drivers: a tree with all that they need,
//! C library included, which the guest sees as a directory. tools/vm/guest/programs.list says which;
//! [`libevdev`] adds some.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fs_err::{self as fs, os::unix::fs::symlink};

use crate::apt::{self, Apt, Kind};
use crate::files;
use crate::kernel::short_hash;
use crate::libevdev;
use crate::lock;
use crate::paths::{self, Paths};
use crate::progress::Progress;
use crate::wheel;

/// Suites that may have the packages; all come from the first that has each.
const SUITES: &[&str] = &["forky", "sid"];

/// What Debian's base system has beside the packages: places to mount on, and merged directories.
const DIRS: &[&str] = &["dev", "proc", "root", "sys", "tmp"];
const LINKS: &[&str] = &["bin", "lib", "lib64", "sbin"];

/// Where Debian's Python looks for modules of others.
const PYTHON: &str = "usr/lib/python3/dist-packages";

/// Changes when a tree is made in another way from the same lists.
const RECIPE: &str = "1";

/// The tree, if it has been made.
pub fn present(paths: &Paths) -> Result<Option<PathBuf>> {
    let dir = dir(paths, &Lists::read(paths)?);
    // It has its name only once it is complete.
    Ok(dir.exists().then_some(dir))
}

/// The tree, which is fetched first if it has to be.
pub fn ensure(paths: &Paths) -> Result<PathBuf> {
    if let Some(dir) = present(paths)? {
        return Ok(dir);
    }
    let _lock = lock::cache(paths, "programs.lock")?;
    if let Some(dir) = present(paths)? {
        return Ok(dir);
    }
    fetch(paths, &Lists::read(paths)?).context("the guest's programs cannot be had")
}

/// What is wanted.
struct Lists {
    packages: String,
    wheels: PathBuf,
    key: String,
}

impl Lists {
    fn read(paths: &Paths) -> Result<Self> {
        let guest = paths.root().join("tools/vm/guest");
        let packages = fs::read_to_string(guest.join("programs.list"))?;
        let wheels = fs::read_to_string(guest.join("wheels.list"))?;
        Ok(Self {
            key: short_hash(&[RECIPE, libevdev::RECIPE, &packages, &wheels]),
            packages,
            wheels: guest.join("wheels.list"),
        })
    }
}

fn dir(paths: &Paths, lists: &Lists) -> PathBuf {
    paths.cache().join(format!("guest-programs-{}", lists.key))
}

fn fetch(paths: &Paths, lists: &Lists) -> Result<PathBuf> {
    let tmp = paths.cache().join("tmp-programs");
    paths::remove(&tmp)?;
    let tree = tmp.join("tree");
    let log = paths.log("programs")?;
    let wanted = parse(&lists.packages);

    let progress = Progress::new("PROGRAMS", "looking for the guest's programs in Debian", 0);
    let apt = Apt::fetch(Kind::Packages, SUITES, &tmp.join("apt"), &log)?;
    let closure = resolve(&apt, &wanted)?;
    drop(progress);

    let text = format!("downloading {} packages", closure.len());
    let progress = Progress::new("PROGRAMS", &text, 0);
    let files = apt.download(&closure, &tmp.join("debs"), &log)?;
    let wheels = wheel::download(&lists.wheels, &tmp.join("wheels"), &log)?;
    drop(progress);

    let progress = Progress::new("PROGRAMS", "unpacking them", 0);
    apt::unpack(&files, &tree, &log)?;
    furnish(&tree)?;
    wheel::unpack(&wheels, &tree.join(PYTHON), &log)?;
    drop(progress);

    libevdev::add(&tree, &tmp.join("sources"), &log)?;
    let dir = dir(paths, lists);
    fs::rename(&tree, &dir)?;
    paths::remove(&tmp)?;
    Ok(dir)
}

/// The packages of a list, each with the version that it must at least have.
fn parse(list: &str) -> Vec<(&str, Option<&str>)> {
    files::words(list)
        .map(|words| (words[0], words.get(1).copied()))
        .collect()
}

/// The packages and all that they depend on, from the first suite that has them new enough.
fn resolve(apt: &Apt, wanted: &[(&str, Option<&str>)]) -> Result<Vec<String>> {
    for suite in SUITES {
        apt.select(suite)?;
        if has(apt, wanted)? {
            let names: Vec<_> = wanted.iter().map(|(name, _)| *name).collect();
            return apt.closure(&names);
        }
    }
    let names: Vec<_> = wanted
        .iter()
        .map(|(name, least)| format!("{name} {}", least.unwrap_or_default()))
        .collect();
    bail!(
        "neither of {} has {}",
        SUITES.join(", "),
        names.join(", ").trim_end()
    )
}

fn has(apt: &Apt, wanted: &[(&str, Option<&str>)]) -> Result<bool> {
    for (name, least) in wanted {
        let versions = apt.versions(name)?;
        let fits = |version: &String| least.is_none_or(|least| apt::is_at_least(version, least));
        if !versions.iter().any(fits) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Makes what a root directory has to have.
fn furnish(tree: &Path) -> Result<()> {
    for dir in DIRS {
        fs::create_dir_all(tree.join(dir))?;
    }
    for name in LINKS {
        let (link, target) = (tree.join(name), format!("usr/{name}"));
        if tree.join(&target).exists() && fs::symlink_metadata(&link).is_err() {
            symlink(&target, &link)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lists() {
        let text = "# a comment\n\ntool 0.6.5 # at least\nlib\n";
        assert_eq!(parse(text), [("tool", Some("0.6.5")), ("lib", None)]);
    }
}
