// SPDX-License-Identifier: GPL-2.0

//! Programs that run in the guest: built with cargo, linked statically, since the guest has no
//! libraries.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::cargo::{cargo, cargo_in};
use crate::exec;
use crate::paths::Paths;
use crate::qemu::Mode;
use crate::ui;

/// Programs by name.
pub type Programs = BTreeMap<String, PathBuf>;

/// What the demo runs.
const DEMO: &[&str] = &["story", "edu"];

/// The programs of the workspace that a guest has which does `mode`.
pub fn programs(paths: &Paths, mode: Mode) -> Result<Programs> {
    let mut build = command(paths, "build")?;
    if mode == Mode::Run {
        build.args(DEMO.iter().flat_map(|name| ["--bin", name]));
    } else {
        build.arg("--bins");
    }
    built(paths, &mut build, "programs", |artifact| {
        artifact.target.is("bin") && !artifact.profile.test
    })
}

/// The tests for the guest (integration tests) called `names`.
pub fn tests(paths: &Paths, names: &[String]) -> Result<Programs> {
    if names.is_empty() {
        return Ok(Programs::new());
    }
    let mut build = command(paths, "test")?;
    build.arg("--no-run");
    for name in names {
        build.args(["--test", name]);
    }
    built(paths, &mut build, "tests", |artifact| {
        artifact.target.is("test") && artifact.profile.test
    })
}

/// The tests that are about nothing but themselves and run on the host (unit tests).
pub fn unit_tests(paths: &Paths) -> Result<Programs> {
    let mut build = command(paths, "test")?;
    build.args(["--no-run", "--bins", "--lib"]);
    built(paths, &mut build, "unit tests", |artifact| {
        artifact.profile.test
    })
}

/// What tests there are.
#[derive(Debug)]
pub struct Names {
    /// Those for the guest.
    pub guest: Vec<String>,
    /// Those of [`unit_tests`].
    pub host: Vec<String>,
}

/// The names of all tests, without building any.
pub fn names(paths: &Paths) -> Result<Names> {
    let mut metadata = cargo("metadata");
    metadata
        .args(["--no-deps", "--locked", "--format-version=1"])
        .arg("--manifest-path")
        .arg(paths.root().join("tests/user/Cargo.toml"));
    let metadata: Metadata = serde_json::from_str(&exec::output(&mut metadata)?)?;
    let targets = metadata
        .packages
        .into_iter()
        .flat_map(|package| package.targets);
    let (guest, host): (Vec<_>, Vec<_>) = targets
        .filter(|target| target.test)
        .partition(|target| target.is("test"));
    let names = |targets: Vec<Target>| targets.into_iter().map(|target| target.name).collect();
    Ok(Names {
        guest: names(guest),
        host: names(host),
    })
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    targets: Vec<Target>,
}

/// A cargo command for the workspace of guest programs.
pub fn command(paths: &Paths, subcommand: &str) -> Result<Command> {
    let dir = paths.root().join("tests/user");
    let manifest = dir.join("Cargo.toml");
    if !manifest.exists() {
        bail!("{} is missing", manifest.display());
    }
    let mut cargo = cargo_in(&dir, subcommand, &paths.build("user"));
    cargo
        .args(["--workspace", "--release"])
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
    /// Whether it has tests.
    test: bool,
}

impl Target {
    fn is(&self, kind: &str) -> bool {
        self.kind.iter().any(|k| k == kind)
    }
}

#[derive(Debug, Deserialize)]
struct Profile {
    test: bool,
}

/// Those that are wanted of the programs that the cargo command `build` makes.
fn built(
    paths: &Paths,
    build: &mut Command,
    what: &str,
    is_wanted: impl Fn(&Artifact) -> bool,
) -> Result<Programs> {
    let mut found = Programs::new();
    let mut announced = false;
    build.arg("--message-format=json-render-diagnostics");
    let log = paths.log(&format!("user-{}", what.replace(' ', "-")))?;
    exec::lines(build, &log, |line| {
        if line.starts_with('{') {
            let wanted = artifact(line).filter(|it| is_wanted(it));
            found.extend(wanted.and_then(|it| Some((it.target.name, it.executable?))));
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

#[cfg(test)]
mod tests {
    use super::artifact;

    #[test]
    fn only_executables() {
        let test = r#"{"reason":"compiler-artifact","target":{"kind":["test"],"name":"unplug","test":true},
            "profile":{"test":true},"executable":"/build/unplug-1"}"#;
        let found = artifact(test).expect("an executable");
        assert!(found.target.is("test") && found.profile.test);
        assert_eq!(found.target.name, "unplug");
        let lib = r#"{"reason":"compiler-artifact","target":{"kind":["lib"],"name":"nix","test":true},
            "profile":{"test":false},"executable":null}"#;
        assert!(artifact(lib).is_none());
        assert!(artifact(r#"{"reason":"build-finished","success":true}"#).is_none());
    }
}
