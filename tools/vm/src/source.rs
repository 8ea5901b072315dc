// SPDX-License-Identifier: GPL-2.0

//! The kernel's source: a tree that the user names, or Debian's package of it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::apt::{self, Apt, Kind};
use crate::exec;
use crate::lock;
use crate::paths::{self, Paths};
use crate::progress::Progress;
use crate::version::{self, SERIES};

/// Suites that may have the kernel.
const SUITES: &[&str] = &["trixie-backports", "forky", "sid", "experimental"];

/// Held by whoever looks for a tree to download, until it is there.
const LOCK: &str = "source.lock";

/// A kernel source tree of the right series.
#[derive(Clone, Debug)]
pub struct Source {
    dir: PathBuf,
    version: String,
    downloaded: bool,
}

impl Source {
    /// Takes the tree `ksrc` if there is one, else the downloaded one, which is fetched if it has
    /// to be.
    pub fn ensure(paths: &Paths, ksrc: Option<&Path>) -> Result<Self> {
        if let Some(found) = Self::present(paths, ksrc)? {
            return Ok(found);
        }
        let _lock = lock::cache(paths, LOCK)?;
        match newest(paths.cache())? {
            Some(found) => Ok(found),
            None => download(paths, None),
        }
    }

    /// The source of the release `version` ("7.3.4"), which is fetched if it has to be.
    pub fn release(paths: &Paths, version: &str) -> Result<Self> {
        let source = Self::downloaded(paths.cache(), version.to_owned());
        let _lock = lock::cache(paths, LOCK)?;
        match source.dir.exists() {
            true => Ok(source),
            false => download(paths, Some(version)),
        }
    }

    fn downloaded(cache: &Path, version: String) -> Self {
        Self {
            dir: cache.join(format!("linux-{version}")),
            version,
            downloaded: true,
        }
    }

    /// Like [`Source::ensure`], but fetches nothing.
    pub fn present(paths: &Paths, ksrc: Option<&Path>) -> Result<Option<Self>> {
        match ksrc {
            Some(dir) => Self::given(dir).map(Some),
            None => newest(paths.cache()),
        }
    }

    fn given(dir: &Path) -> Result<Self> {
        let dir = dir
            .canonicalize()
            .with_context(|| format!("KSRC={} cannot be opened", dir.display()))?;
        paths::check("KSRC", &dir)?;
        let version = version::of_source(&dir)?;
        version::require(&format!("KSRC={}", dir.display()), &version)?;
        // kbuild refuses these too, but only after a while.
        if dir.join(".config").exists() || dir.join("include/config").exists() {
            bail!(
                "KSRC={} has been built in; give it as KDIR= instead, or run `make mrproper` there",
                dir.display()
            );
        }
        Ok(Self {
            dir,
            version,
            downloaded: false,
        })
    }

    /// The tree.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its version, as "7.3.4".
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What tells this tree from others of the same version.
    pub fn identity(&self) -> String {
        if self.downloaded {
            self.version.clone()
        } else {
            format!("{} {}", self.version, self.dir.display())
        }
    }
}

/// The newest tree in the cache. A tree has its name only once it is complete.
fn newest(cache: &Path) -> Result<Option<Source>> {
    let mut found = version::cached(cache, |name| name.strip_prefix("linux-"))?;
    Ok(found
        .pop()
        .map(|version| Source::downloaded(cache, version)))
}

/// Fetches the release `wanted`, or the newest.
fn download(paths: &Paths, wanted: Option<&str>) -> Result<Source> {
    let package = format!("linux-source-{SERIES}");
    let tmp = paths.cache().join("tmp-source");
    paths::remove(&tmp)?;
    let log = paths.log("source")?;

    let progress = Progress::new("SOURCE", "looking for the source of Linux in Debian", 0);
    let apt = Apt::fetch(Kind::Packages, SUITES, &tmp.join("apt"), &log)
        .context("Linux cannot be had from Debian (KSRC=<source tree> is the other way)")?;
    let mut versions = apt.versions(&package)?;
    if let Some(wanted) = wanted {
        versions.retain(|version| version.split('-').next() == Some(wanted));
    }
    drop(progress);
    let Some((version, release)) = best(&versions) else {
        bail!(
            "no Debian suite has Linux {} (seen: {versions:?}); give KSRC=<source tree>",
            wanted.unwrap_or(SERIES)
        );
    };

    let progress = Progress::new("SOURCE", &format!("downloading Linux {release}"), 0);
    let files = apt.download(&[format!("{package}={version}")], &tmp, &log)?;
    drop(progress);

    let _progress = Progress::new("SOURCE", &format!("unpacking Linux {release}"), 0);
    apt::unpack(&files, &tmp.join("deb"), &log)?;
    let tree = tmp.join("tree");
    fs::create_dir(&tree)?;
    let archive = tmp.join(format!("deb/usr/src/{package}.tar.xz"));
    exec::untar(&archive, &tree, &log)?;
    let declared = version::of_source(&tree)?;
    version::require(&package, &declared)?;
    let source = Source::downloaded(paths.cache(), release);
    fs::rename(&tree, &source.dir)?;
    paths::remove(&tmp)?;
    Ok(source)
}

/// The package version to take and the kernel release in it: the highest patch level, and no
/// release candidate ("7.3~rc5-1").
fn best(versions: &[String]) -> Option<(&str, String)> {
    versions
        .iter()
        .filter_map(|package| {
            let release = package.split('-').next()?;
            let plain = release.chars().all(|c| c.is_ascii_digit() || c == '.');
            (plain && version::supported(release)).then(|| (package.as_str(), release.to_owned()))
        })
        .reduce(|best, next| {
            if version::patch_level(&next.1) > version::patch_level(&best.1) {
                next
            } else {
                best
            }
        })
}

#[cfg(test)]
mod tests {
    use super::best;

    #[test]
    fn newest_patch_level_and_no_candidates() {
        let versions = [
            "7.3~rc7-1~exp1",
            "7.3.4-1~bpo13+1",
            "7.3.12-1",
            "7.3.5-2",
            "7.4.1-1",
        ]
        .map(str::to_owned);
        assert_eq!(best(&versions), Some(("7.3.12-1", "7.3.12".to_owned())));
        assert_eq!(best(&versions[..1]), None);
    }
}
