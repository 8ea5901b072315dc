// SPDX-License-Identifier: GPL-2.0

//! Checks that have passed, and what they depend on: they are not run again in the same clone
//! while nothing of it changes. `CI=true` has all of them run.
//!
//! What is not named is not seen. So inputs are whole directories, and to these comes what every
//! check depends on: this program, which is the judge; all packages of the system, by dpkg's own
//! record; and the settings of cargo that a home directory may have.

use std::env;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;
use sha2::{Digest, Sha256};

use crate::files;
use crate::kernel::hex;
use crate::paths::{self, Paths};
use crate::report::{Outcome, Report};
use crate::toolchain::Toolchain;

/// What a check depends on.
#[derive(Clone, Debug)]
pub struct Inputs {
    root: PathBuf,
    hash: Sha256,
}

impl Inputs {
    /// None yet, of the clone `root`.
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            hash: Sha256::new(),
        }
    }

    /// A text: a version, the name of a kernel.
    pub fn text(mut self, text: impl AsRef<[u8]>) -> Self {
        let text = text.as_ref();
        self.hash.update(text.len().to_le_bytes());
        self.hash.update(text);
        self
    }

    /// Files and directories of the clone, with all that is below.
    pub fn trees(mut self, names: &[impl AsRef<Path>]) -> Result<Self> {
        for name in names {
            let path = self.root.join(name);
            let files = match path.is_dir() {
                true => files::below(&path)?,
                false => vec![path],
            };
            for file in files {
                self = self.file(&file)?;
            }
        }
        Ok(self)
    }

    /// A file that may not be there.
    pub fn file(self, path: &Path) -> Result<Self> {
        let text = |kind: &str| format!("{kind} {}", path.display());
        match fs::symlink_metadata(path) {
            Err(_) => Ok(self.text(text("none"))),
            Ok(meta) if meta.is_symlink() => {
                let target = fs::read_link(path)?;
                let inputs = self.text(text("link"));
                Ok(inputs.text(target.as_os_str().as_bytes()))
            }
            Ok(meta) => {
                let mode = meta.permissions().mode();
                let inputs = self.text(text(&format!("file {mode:o}")));
                Ok(inputs.text(fs::read(path)?))
            }
        }
    }

    /// When a file was made that is too large to be read each time.
    pub fn made(self, path: &Path) -> Self {
        let meta = fs::metadata(path).and_then(|meta| Ok((meta.len(), meta.modified()?)));
        self.text(format!("{} {meta:?}", path.display()))
    }

    /// Changes whenever one of them does.
    pub fn digest(self) -> String {
        hex(&self.hash.finalize())
    }
}

/// Remembers what has passed.
#[derive(Debug)]
pub struct Memo {
    dir: PathBuf,
    common: Inputs,
    all: bool,
}

impl Memo {
    /// Reads what every check depends on.
    pub fn new(paths: &Paths) -> Result<Self> {
        let dir = paths.build("passed");
        fs::create_dir_all(&dir)?;
        let mut common = Inputs::new(paths.root())
            .file(&env::current_exe()?)?
            .text(Toolchain::detect()?.identity())
            .made(Path::new("/var/lib/dpkg/status"));
        for file in settings(paths.root()) {
            common = common.file(&file)?;
        }
        let all = env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
        Ok(Self { dir, common, all })
    }

    /// The inputs of a check, to which it adds its own.
    pub fn inputs(&self) -> Inputs {
        self.common.clone()
    }

    /// Reports the tests of the check `key` as passed, if they have passed with these inputs.
    pub fn passed(&self, key: &str, inputs: &Inputs, report: &mut Report) -> bool {
        let text = fs::read_to_string(self.file(key)).unwrap_or_default();
        let mut lines = text.lines();
        if self.all || lines.next() != Some(&inputs.clone().digest()) {
            return false;
        }
        let mut found = false;
        for (group, name) in lines.filter_map(|line| line.split_once('\t')) {
            report.passed_before(group, name, "unchanged since it passed");
            found = true;
        }
        found
    }

    /// Remembers these results of the check `key`, if all of them are good.
    pub fn remember(&self, key: &str, inputs: Inputs, outcomes: &[Outcome]) -> Result<()> {
        let file = self.file(key);
        if outcomes.is_empty() || outcomes.iter().any(|outcome| !outcome.passed) {
            return paths::remove(&file);
        }
        let mut text = inputs.digest();
        for Outcome { group, name, .. } in outcomes {
            text.push_str(&format!("\n{group}\t{name}"));
        }
        paths::write(&file, text)
    }

    /// Runs the check `key`, unless it has passed with these inputs.
    pub fn run(
        &self,
        key: &str,
        inputs: Inputs,
        report: &mut Report,
        check: impl FnOnce(&mut Report) -> Result<()>,
    ) -> Result<()> {
        if self.passed(key, &inputs, report) {
            return Ok(());
        }
        let before = report.outcomes().len();
        report.begin();
        check(report)?;
        self.remember(key, inputs, &report.outcomes()[before..])
    }

    fn file(&self, key: &str) -> PathBuf {
        self.dir.join(key.replace('/', "-"))
    }
}

/// Settings of cargo from outside the clone.
fn settings(root: &Path) -> Vec<PathBuf> {
    let home = env::home_dir().unwrap_or_default().join(".cargo");
    let cargo = env::var_os("CARGO_HOME").map_or(home, PathBuf::from);
    let dirs = root.ancestors().map(|dir| dir.join(".cargo"));
    dirs.chain([cargo])
        .flat_map(|dir| ["config.toml", "config"].map(|name| dir.join(name)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use tempfile::TempDir;

    use super::{Inputs, Memo};
    use crate::report::Report;

    fn dir() -> TempDir {
        let dir = TempDir::new().unwrap();
        fs::create_dir_all(dir.path().join("tree/below")).unwrap();
        dir
    }

    fn digest(dir: &Path) -> String {
        Inputs::new(dir).trees(&["tree"]).unwrap().digest()
    }

    #[test]
    fn every_change_of_a_tree_is_seen() {
        let dir = dir();
        let file = dir.path().join("tree/below/file");
        let mut seen = vec![digest(dir.path())];
        fs::write(&file, "a").unwrap();
        seen.push(digest(dir.path()));
        fs::write(&file, "b").unwrap();
        seen.push(digest(dir.path()));
        fs::rename(&file, dir.path().join("tree/below/other")).unwrap();
        seen.push(digest(dir.path()));
        std::os::unix::fs::symlink("other", &file).unwrap();
        seen.push(digest(dir.path()));
        fs::remove_dir_all(dir.path().join("tree")).unwrap();
        seen.push(digest(dir.path()));
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }

    #[test]
    fn what_is_made_is_not() {
        let dir = dir();
        let before = digest(dir.path());
        fs::create_dir(dir.path().join("tree/target")).unwrap();
        fs::write(dir.path().join("tree/target/object"), "").unwrap();
        assert_eq!(digest(dir.path()), before);
    }

    #[test]
    fn runs_once_if_it_passes() {
        let dir = dir();
        let inputs = Inputs::new(dir.path());
        let memo = Memo {
            dir: dir.path().to_owned(),
            common: inputs.clone(),
            all: false,
        };
        let mut report = Report::silent();
        let mut runs = 0;
        let mut run = |memo: &Memo, inputs: &Inputs, good: bool| {
            let mut ran = false;
            memo.run("a/check", inputs.clone(), &mut report, |report| {
                ran = true;
                match good {
                    true => report.pass("host", "a check"),
                    false => report.fail("host", "a check", ""),
                }
                Ok(())
            })
            .unwrap();
            runs += 1;
            ran
        };
        assert!(run(&memo, &inputs, false), "for the first time");
        assert!(run(&memo, &inputs, true), "it had failed");
        assert!(!run(&memo, &inputs, true), "it had passed");
        assert!(run(&memo, &inputs.clone().text("changed"), true));
        assert!(
            run(&Memo { all: true, ..memo }, &inputs, true),
            "CI runs all"
        );
        assert_eq!(report.outcomes().len(), runs);
    }
}
