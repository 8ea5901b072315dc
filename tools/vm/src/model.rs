// SPDX-License-Identifier: GPL-2.0

//! The model of the gate: tests/model runs the kernel's source of the protocol through all
//! interleavings. Each file of tests/model/mutants is a bug, put into a copy of that source, which
//! a test of the model has to find.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::cargo::cargo_in;
use crate::exec;
use crate::files;
use crate::hostcheck;
use crate::paths::{self, Paths};
use crate::report::Report;
use crate::ui;

const MODEL: &str = "tests/model";
const MUTANTS: &str = "tests/model/mutants";
/// Its name, in Cargo.toml and Cargo.lock.
const PACKAGE: &str = "name = \"devscope-model\"";
/// What the model includes of the kernel's source.
const PROTOCOL: &str = "rust/devscope/gate/protocol";

/// What it is made of.
pub const SOURCES: &[&str] = &[PROTOCOL, MODEL];

/// Runs the model.
pub fn check(paths: &Paths, report: &mut Report) -> Result<()> {
    ui::step("LOOM", "running the gate through all interleavings");
    let mut test = test(paths, paths.root());
    hostcheck::with_cargo(report, "model", &mut test, &paths.log("model")?);
    Ok(())
}

/// The names of all mutants.
pub fn mutants(paths: &Paths) -> Result<Vec<String>> {
    let files = files::of(&paths.root().join(MUTANTS), "diff")?;
    Ok(files.iter().map(|file| files::stem(file)).collect())
}

/// Makes the mutant `name`, and has its test fail for the reason that it names.
pub fn refute(paths: &Paths, name: &str) -> Result<()> {
    let file = paths.root().join(MUTANTS).join(format!("{name}.diff"));
    let mutant = Mutant::parse(&fs::read_to_string(file)?)?;
    let dir = paths.build("model/mutants").join(name);
    copy(paths.root(), &dir, name, &mutant)?;

    exec::logged(
        test(paths, &dir).arg("--no-run"),
        &paths.log(&format!("mutant-{name}"))?,
    )
    .context("it does not compile")?;
    let mut command = test(paths, &dir);
    command
        .args(["--", "--exact", &mutant.test])
        .env("RUST_BACKTRACE", "0");
    let output = exec::captured(&mut command)?;
    let said = String::from_utf8_lossy(&output.stdout);
    fs::write(
        paths.log(&format!("mutant-{name}-test"))?,
        format!("{said}{}", String::from_utf8_lossy(&output.stderr)),
    )?;
    mutant.judge(&said)
}

/// A cargo command that runs the tests of the model in `root`, a clone or the copy of one.
fn test(paths: &Paths, root: &Path) -> Command {
    let mut command = command(paths, "test", root);
    command.arg("--lib").env("RUST_TEST_THREADS", "1");
    command
}

/// A cargo command for the model in `root`.
pub fn command(paths: &Paths, subcommand: &str, root: &Path) -> Command {
    cargo_in(&root.join(MODEL), subcommand, &paths.build("model/target"))
}

/// Copies what the model is made of to `dir`, with the mutant's change. A file that is there
/// already stays, so that cargo has nothing to do the next time. The copy is a package of another
/// name: cargo would take two of one name in two directories for the same.
fn copy(root: &Path, dir: &Path, name: &str, mutant: &Mutant) -> Result<()> {
    let mut sources = files::of(&root.join(PROTOCOL), "rs")?;
    sources.extend(files::of(&root.join(MODEL).join("src"), "rs")?);
    sources.extend(["Cargo.toml", "Cargo.lock"].map(|name| root.join(MODEL).join(name)));
    let mut changed = false;
    for source in sources {
        let file = source.strip_prefix(root)?;
        let mut text = fs::read_to_string(&source)?;
        if file == mutant.file {
            text = mutant.apply(&text)?;
            changed = true;
        }
        if file.extension().is_some_and(|ext| ext != "rs") {
            text = text.replace(PACKAGE, &format!("name = \"devscope-model-{name}\""));
        }
        let copy = dir.join(file);
        if fs::read_to_string(&copy).ok().as_ref() != Some(&text) {
            fs::create_dir_all(copy.parent().unwrap_or(dir))?;
            paths::write(&copy, text)?;
        }
    }
    if !changed {
        bail!("{} is not a file of the model", mutant.file.display());
    }
    Ok(())
}

/// A bug: one change of one file, and the test that finds it.
#[derive(Debug, PartialEq, Eq)]
struct Mutant {
    test: String,
    /// What the test says then.
    says: String,
    file: PathBuf,
    old: String,
    new: String,
}

impl Mutant {
    fn parse(text: &str) -> Result<Self> {
        let (head, change) = text
            .split_once("\n--- ")
            .context("it does not say which file it changes")?;
        let (test, says) = head
            .lines()
            .filter(|line| !line.starts_with("SPDX"))
            .find_map(|line| line.split_once(": "))
            .context("it does not say which test should find it")?;
        let mut lines = change.lines();
        let file = lines.next().unwrap_or_default().into();
        let (mut old, mut new) = (String::new(), String::new());
        for line in lines {
            let (sign, rest) = line.split_at_checked(1).unwrap_or((" ", ""));
            if !matches!(sign, " " | "-" | "+") {
                bail!("`{line}` begins with none of ` `, `-` and `+`");
            }
            if sign != "+" {
                old.push_str(&format!("{rest}\n"));
            }
            if sign != "-" {
                new.push_str(&format!("{rest}\n"));
            }
        }
        Ok(Self {
            test: test.to_owned(),
            says: says.to_owned(),
            file,
            old,
            new,
        })
    }

    /// `source` with the bug in it.
    fn apply(&self, source: &str) -> Result<String> {
        match source.matches(&self.old).count() {
            1 => Ok(source.replacen(&self.old, &self.new, 1)),
            count => bail!(
                "what it replaces is {count} times in {}",
                self.file.display()
            ),
        }
    }

    /// Whether the test has failed as it should.
    fn judge(&self, said: &str) -> Result<()> {
        let Self { test, says, .. } = self;
        if !said.lines().any(|line| line == format!("    {test}")) {
            bail!("{test} does not find it");
        }
        if !said.contains(says) {
            bail!("{test} fails, but does not say `{says}`");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Mutant;

    const MUTANT: &str = "SPDX-License-Identifier: GPL-2.0\n\nroom::test: deadlock\n\nWhy.\n\n\
        --- a/b.rs\n one();\n-two();\n+three();\n";

    fn mutant() -> Mutant {
        Mutant::parse(MUTANT).unwrap()
    }

    #[test]
    fn parts() {
        let mutant = mutant();
        assert_eq!((&*mutant.test, &*mutant.says), ("room::test", "deadlock"));
        assert_eq!(mutant.file.to_str(), Some("a/b.rs"));
        assert!(Mutant::parse("room::test: deadlock\n").is_err());
    }

    #[test]
    fn applies_exactly_once() {
        let source = "zero();\none();\ntwo();\n";
        let changed = mutant().apply(source).unwrap();
        assert_eq!(changed, "zero();\none();\nthree();\n");
        assert!(mutant().apply(&format!("{source}{source}")).is_err());
        assert!(mutant().apply("two();\none();\n").is_err());
    }

    #[test]
    fn survivors() {
        let failed = "deadlock; threads = ...\n\nfailures:\n    room::test\n";
        assert!(mutant().judge(failed).is_ok());
        assert!(mutant().judge("test room::test ... ok\n").is_err());
        assert!(
            mutant()
                .judge("panicked\n\nfailures:\n    room::test\n")
                .is_err()
        );
        assert!(mutant().judge("running 0 tests\n").is_err());
    }
}
