// SPDX-License-Identifier: GPL-2.0

//! apt with package lists of its own, so that packages of a newer Debian can be had without touching
//! the system's configuration. The mirror is the one the system uses, the archive's signature is
//! verified as always.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::exec;
use crate::files;

const KEYRINGS: &[&str] = &[
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
];

/// What a suite has lists of.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Packages,
    Sources,
}

/// An apt that knows some suites of one mirror.
#[derive(Debug)]
pub struct Apt {
    dir: PathBuf,
    source: String,
}

impl Apt {
    /// Fetches the lists of `suites` into `dir`, for the first mirror that has any.
    pub fn fetch(kind: Kind, suites: &[&str], dir: &Path, log: &Path) -> Result<Self> {
        let (kind, list) = match kind {
            Kind::Packages => ("deb", "_Packages"),
            Kind::Sources => ("deb-src", "_Sources"),
        };
        let Some(keyring) = KEYRINGS.iter().find(|file| Path::new(file).exists()) else {
            bail!("there is no Debian archive keyring; install debian-archive-keyring");
        };
        let mirrors = mirrors()?;
        if mirrors.is_empty() {
            bail!("apt has no Debian mirror configured; add one");
        }
        let mut result = Ok(());
        for mirror in mirrors {
            fs::create_dir_all(dir.join("lists/partial"))?;
            fs::create_dir_all(dir.join("cache/archives/partial"))?;
            let apt = Self {
                dir: dir.to_owned(),
                source: format!("{kind} [arch=amd64 signed-by={keyring}] {mirror}"),
            };
            apt.write_sources(suites)?;
            // A mirror without one of the suites is no error while another suite has the package.
            result = exec::logged(apt.command("apt-get").arg("update"), log);
            let has = |file: &PathBuf| file.to_string_lossy().contains(list);
            if files::below(&dir.join("lists"))?.iter().any(has) {
                return Ok(apt);
            }
        }
        // apt-get may call it a success.
        result
            .and_then(|()| bail!("of {}, there is none", suites.join(", ")))
            .context(
                "no package list could be fetched from a Debian mirror (is the network reachable?)",
            )
    }

    /// Forgets all suites but this one.
    pub fn select(&self, suite: &str) -> Result<()> {
        self.write_sources(&[suite])
    }

    fn write_sources(&self, suites: &[&str]) -> Result<()> {
        let list: String = suites
            .iter()
            .map(|suite| format!("{} {suite} main\n", self.source))
            .collect();
        fs::write(self.dir.join("sources.list"), list)?;
        Ok(fs::write(self.dir.join("status"), "")?)
    }

    /// What an installation of `packages` on an empty system would bring, as "name=version".
    pub fn closure(&self, packages: &[&str]) -> Result<Vec<String>> {
        let mut install = self.command("apt-get");
        install.args(["--simulate", "--no-install-recommends", "install"]);
        let text = exec::output(install.args(packages))?;
        Ok(parse_simulation(&text))
    }

    /// The versions that any suite has of `package`.
    pub fn versions(&self, package: &str) -> Result<Vec<String>> {
        let text = exec::output(self.command("apt-cache").args(["madison", package]))?;
        Ok(text
            .lines()
            .filter_map(|line| Some(line.split('|').nth(1)?.trim().to_owned()))
            .collect())
    }

    /// The names of packages that match the regular expression `pattern`.
    pub fn search(&self, pattern: &str) -> Result<Vec<String>> {
        let mut search = self.command("apt-cache");
        let text = exec::output(search.args(["search", "--names-only", pattern]))?;
        let names = text.lines().filter_map(|line| line.split(' ').next());
        Ok(names.map(str::to_owned).collect())
    }

    /// Downloads `packages`, each "name=version", into the directory `to`, which is made if it has to
    /// be and has no packages; returns the files.
    pub fn download(&self, packages: &[String], to: &Path, log: &Path) -> Result<Vec<PathBuf>> {
        fs::create_dir_all(to)?;
        let what = packages.join(" ");
        let mut download = self.command("apt-get");
        download.arg("download").args(packages).current_dir(to);
        exec::logged(&mut download, log).with_context(|| format!("{what} cannot be downloaded"))?;
        let files = files::of(to, "deb")?;
        if files.len() != packages.len() {
            bail!("apt-get downloaded {} files for {what}", files.len());
        }
        Ok(files)
    }

    /// Downloads what the newest source package `name` is made from, without Debian's changes, into
    /// the directory `to`, which is made if it has to be and is empty; returns the archive.
    pub fn download_source(&self, name: &str, to: &Path, log: &Path) -> Result<PathBuf> {
        fs::create_dir_all(to)?;
        let mut source = self.command("apt-get");
        source.args(["source", "--download-only", "--tar-only", name]);
        exec::logged(source.current_dir(to), log)
            .with_context(|| format!("the source of {name} cannot be downloaded"))?;
        let mut files = files::below(to)?.into_iter();
        files
            .find(|path| path.to_string_lossy().contains(".orig.tar."))
            .with_context(|| format!("apt-get downloaded no archive of {name}"))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = exec::command(program);
        let dir = self.dir.display();
        for option in [
            format!("Dir::Etc::SourceList={dir}/sources.list"),
            "Dir::Etc::SourceParts=-".into(),
            "Dir::Etc::Preferences=/dev/null".into(),
            "Dir::Etc::PreferencesParts=/dev/null".into(),
            "APT::Default-Release=".into(),
            format!("Dir::State::Lists={dir}/lists"),
            format!("Dir::State::Status={dir}/status"),
            format!("Dir::Cache={dir}/cache"),
            "Acquire::Languages=none".into(),
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".into(),
            "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false".into(),
            "Acquire::PDiffs=false".into(),
            "Acquire::Retries=3".into(),
        ] {
            command.args(["-o", &option]);
        }
        // apt's own user cannot write to a cache in somebody's home.
        if rustix::process::geteuid().is_root() {
            command.args(["-o", "APT::Sandbox::User=root"]);
        }
        command
    }
}

/// Unpacks package files into the directory `to`, one over the other.
pub fn unpack(files: &[PathBuf], to: &Path, log: &Path) -> Result<()> {
    for file in files {
        exec::logged(exec::command("dpkg-deb").arg("-x").arg(file).arg(to), log)?;
    }
    Ok(())
}

/// Whether a package's version is `least` or newer.
pub fn is_at_least(version: &str, least: &str) -> bool {
    exec::command("dpkg")
        .args(["--compare-versions", version, "ge", least])
        .status()
        .is_ok_and(|status| status.success())
}

/// The mirrors of Debian itself that the system's apt is configured with.
fn mirrors() -> Result<BTreeSet<String>> {
    let mut targets = exec::command("apt-get");
    targets.args(["indextargets", "--format", "$(SITE) $(RELEASE) $(ORIGIN)"]);
    let text = exec::output(&mut targets)?;
    Ok(parse_mirrors(&text))
}

fn parse_mirrors(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let site = words.next()?;
            let release = words.next()?;
            let origin = words.next().unwrap_or("Debian");
            let debian = origin == "Debian" && !release.ends_with("-security");
            debian.then(|| site.to_owned())
        })
        .collect()
}

/// The packages of "Inst name (version suite [arch])".
fn parse_simulation(text: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.strip_prefix("Inst ")?.split_whitespace();
            let name = words.next()?;
            let version = words.next()?.strip_prefix('(')?;
            Some(format!("{name}={version}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{parse_mirrors, parse_simulation};

    #[test]
    fn only_debian_and_not_its_security_archive() {
        let text = "mirror:/debian bookworm Debian\n\
                    mirror:/debian bookworm-updates Debian\n\
                    mirror:/debian-security bookworm-security Debian\n\
                    other:/tool nodistro Example\n";
        let found: Vec<_> = parse_mirrors(text).into_iter().collect();
        assert_eq!(found, ["mirror:/debian"]);
    }
    #[test]
    fn what_would_be_installed() {
        let text = "NOTE: This is only a simulation!\n\
                    Inst libgcc-s1 (16.2.0-3 Debian:testing [amd64]) []\n\
                    Inst libusb-1.0-0 (2:1.0.30-1 Debian:testing [amd64])\n\
                    Conf libgcc-s1 (16.2.0-3 Debian:testing [amd64])\n";
        let found = parse_simulation(text);
        assert_eq!(found, ["libgcc-s1=16.2.0-3", "libusb-1.0-0=2:1.0.30-1"]);
    }
}
