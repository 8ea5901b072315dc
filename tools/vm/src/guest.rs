// SPDX-License-Identifier: GPL-2.0

//! Programs that run in the guest: built with cargo, linked statically, since the guest has no
//! libraries.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::cargo::cargo;
use crate::exec;
use crate::paths::Paths;
use crate::ui;

/// Programs by name.
pub type Programs = BTreeMap<String, PathBuf>;

/// The programs of the workspace.
pub fn programs(paths: &Paths) -> Result<Programs> {
    let mut build = command(paths, "build")?;
    build.arg("--bins");
    let artifacts = artifacts(paths, &mut build, "programs")?;
    Ok(named(&artifacts, |artifact| {
        artifact.is("bin") && !artifact.profile.test
    }))
}

/// The test executables of the workspace: those for the guest (integration tests), and those that
/// are about nothing but themselves and run on the host (unit tests).
pub fn tests(paths: &Paths) -> Result<(Programs, Programs)> {
    let mut build = command(paths, "test")?;
    build.args(["--no-run", "--bins", "--lib", "--tests"]);
    let artifacts = artifacts(paths, &mut build, "tests")?;
    let guest = named(&artifacts, |artifact| {
        artifact.is("test") && artifact.profile.test
    });
    let host = named(&artifacts, |artifact| {
        !artifact.is("test") && artifact.profile.test
    });
    Ok((guest, host))
}

/// A cargo command for the workspace of guest programs.
pub fn command(paths: &Paths, subcommand: &str) -> Result<Command> {
    let manifest = paths.root().join("tests/user/Cargo.toml");
    if !manifest.exists() {
        bail!("{} is missing", manifest.display());
    }
    let mut cargo = cargo(subcommand);
    cargo
        .arg("--manifest-path")
        .arg(manifest)
        .args(["--workspace", "--locked", "--release"])
        .arg("--target-dir")
        .arg(paths.build("user"))
        .env("RUSTFLAGS", "-C target-feature=+crt-static");
    Ok(cargo)
}

/// What cargo says about a file that it made.
#[derive(Debug, Deserialize)]
struct Artifact {
    target: Target,
    profile: Profile,
    executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Target {
    kind: Vec<String>,
    name: String,
}

#[derive(Debug, Deserialize)]
struct Profile {
    test: bool,
}

impl Artifact {
    fn is(&self, kind: &str) -> bool {
        self.target.kind.iter().any(|k| k == kind)
    }
}

fn artifacts(paths: &Paths, build: &mut Command, what: &str) -> Result<Vec<Artifact>> {
    let mut found = Vec::new();
    let mut announced = false;
    build.arg("--message-format=json-render-diagnostics");
    let log = paths.log(&format!("user-{what}"))?;
    exec::lines(build, &log, |line| {
        if line.starts_with('{') {
            found.extend(artifact(line));
        } else if line.trim_start().starts_with("Compiling") && !announced {
            announced = true;
            ui::step("CARGO", &format!("building the guest's {what}"));
        }
    })
    .with_context(|| format!("the guest's {what} cannot be built"))?;
    Ok(found)
}

fn artifact(line: &str) -> Option<Artifact> {
    let artifact: Artifact = serde_json::from_str(line).ok()?;
    artifact.executable.is_some().then_some(artifact)
}

fn named(artifacts: &[Artifact], wanted: impl Fn(&Artifact) -> bool) -> Programs {
    artifacts
        .iter()
        .filter(|artifact| wanted(artifact))
        .filter_map(|artifact| Some((artifact.target.name.clone(), artifact.executable.clone()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::artifact;

    #[test]
    fn only_executables() {
        let test = r#"{"reason":"compiler-artifact","target":{"kind":["test"],"name":"unplug"},
            "profile":{"test":true},"executable":"/build/unplug-1"}"#;
        let found = artifact(test).expect("an executable");
        assert!(found.is("test") && found.profile.test);
        assert_eq!(found.target.name, "unplug");
        let lib = r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"nix"},
            "profile":{"test":false},"executable":null}"#;
        assert!(artifact(lib).is_none());
        assert!(artifact(r#"{"reason":"build-finished","success":true}"#).is_none());
    }
}
