// SPDX-License-Identifier: GPL-2.0

//! apt with package lists of its own, so that a kernel source of a newer Debian can be had without
//! touching the system's configuration. The mirror is the one the system uses, the archive's
//! signature is verified as always.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::exec;

/// Suites that may have the kernel.
const SUITES: &[&str] = &["trixie-backports", "forky", "sid", "experimental"];

const KEYRINGS: &[&str] = &[
    "/usr/share/keyrings/debian-archive-keyring.gpg",
    "/usr/share/keyrings/debian-archive-keyring.pgp",
];

/// An apt that knows [`SUITES`] of one mirror.
#[derive(Debug)]
pub struct Apt {
    dir: PathBuf,
}

impl Apt {
    /// Fetches the package lists into `dir`, for the first mirror that has any.
    pub fn fetch(dir: &Path, log: &Path) -> Result<Self> {
        let Some(keyring) = KEYRINGS.iter().find(|file| Path::new(file).exists()) else {
            bail!(
                "there is no Debian archive keyring; install debian-archive-keyring, or give KSRC=<source tree>"
            );
        };
        let mirrors = mirrors()?;
        if mirrors.is_empty() {
            bail!("apt has no Debian mirror configured; add one, or give KSRC=<source tree>");
        }
        let apt = Self {
            dir: dir.to_owned(),
        };
        let mut result = Ok(());
        for mirror in mirrors {
            fs::create_dir_all(dir.join("lists/partial"))?;
            fs::create_dir_all(dir.join("cache/archives/partial"))?;
            let list: String = SUITES
                .iter()
                .map(|suite| format!("deb [signed-by={keyring}] {mirror} {suite} main\n"))
                .collect();
            fs::write(dir.join("sources.list"), list)
                .with_context(|| format!("cannot write in {}", dir.display()))?;
            // A mirror without one of the suites is no error while another suite has the package.
            result = exec::logged(apt.command("apt-get").arg("update"), log);
            let lists = fs::read_dir(dir.join("lists"))?;
            if lists
                .flatten()
                .any(|f| f.file_name().to_string_lossy().contains("_Packages"))
            {
                return Ok(apt);
            }
        }
        // apt-get may call it a success.
        result
            .and_then(|()| bail!("of {}, there is none", SUITES.join(", ")))
            .context(
                "no package list could be fetched from a Debian mirror (is the network reachable?)",
            )
    }

    /// The versions that any suite has of `package`.
    pub fn versions(&self, package: &str) -> Result<Vec<String>> {
        let text = exec::output(self.command("apt-cache").args(["madison", package]))?;
        Ok(text
            .lines()
            .filter_map(|line| Some(line.split('|').nth(1)?.trim().to_owned()))
            .collect())
    }

    /// Downloads one version of `package` into the directory `to`; returns the file.
    pub fn download(&self, package: &str, version: &str, to: &Path, log: &Path) -> Result<PathBuf> {
        exec::logged(
            self.command("apt-get")
                .arg("download")
                .arg(format!("{package}={version}"))
                .current_dir(to),
            log,
        )
        .with_context(|| format!("{package} {version} cannot be downloaded"))?;
        let file = fs::read_dir(to)?
            .flatten()
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|ext| ext == "deb"));
        file.with_context(|| format!("apt-get downloaded no {package}"))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = exec::command(program);
        let dir = self.dir.display();
        for option in [
            format!("Dir::Etc::SourceList={dir}/sources.list"),
            "Dir::Etc::SourceParts=-".into(),
            format!("Dir::State::Lists={dir}/lists"),
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

/// The mirrors of Debian itself that the system's apt is configured with.
fn mirrors() -> Result<BTreeSet<String>> {
    let text = exec::output(exec::command("apt-get").args([
        "indextargets",
        "--format",
        "$(SITE) $(RELEASE) $(ORIGIN)",
    ]))?;
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

#[cfg(test)]
mod tests {
    use super::parse_mirrors;

    #[test]
    fn only_debian_and_not_its_security_archive() {
        let text = "http://mirror.example/debian bookworm Debian\n\
                    http://mirror.example/debian bookworm-updates Debian\n\
                    http://mirror.example/debian-security bookworm-security Debian\n\
                    http://packages.example/tool nodistro Example\n";
        let found: Vec<_> = parse_mirrors(text).into_iter().collect();
        assert_eq!(found, ["http://mirror.example/debian"]);
    }
}
