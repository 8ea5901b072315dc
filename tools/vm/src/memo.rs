// SPDX-License-Identifier: GPL-2.0

//! Checks that have passed, and what they depend on: they are not run again in the same clone
//! while nothing of it changes. `CI=true` has all of them run.
//!
//! What is not named is not seen. So inputs are whole directories, and to these comes what every
//! check depends on: this program, which is the judge; all packages of the system, by dpkg's own
//! record; and the settings of cargo and rustfmt that a home directory may have.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::paths::{self, Paths};
use crate::report::{Outcome, Report};
use crate::toolchain::Toolchain;

/// Directories that are made, not written.
const MADE: &[&str] = &[".git", "build", "target"];

/// What a check depends on.
#[derive(Clone, Debug)]
pub struct Inputs {
    root: PathBuf,
    hash: Sha256,
}

impl Inputs {
    fn new(root: &Path) -> Self {
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
    pub fn trees(mut self, names: &[&str]) -> Result<Self> {
        for name in names {
            let path = self.root.join(name);
            self = self.path(&path)?;
        }
        Ok(self)
    }

    /// A file or directory that may not be there.
    pub fn path(self, path: &Path) -> Result<Self> {
        let text = |kind: &str| format!("{kind} {}", path.display());
        let Ok(meta) = fs::symlink_metadata(path) else {
            return Ok(self.text(text("none")));
        };
        let failed = || format!("cannot read {}", path.display());
        if meta.is_dir() {
            let mut below = Vec::new();
            for entry in fs::read_dir(path).with_context(failed)? {
                below.push(entry?.path());
            }
            below.sort();
            let made = |path: &PathBuf| MADE.iter().any(|name| path.ends_with(name));
            let written = below.iter().filter(|path| !made(path));
            let mut inputs = self.text(text("directory"));
            for path in written {
                inputs = inputs.path(path)?;
            }
            Ok(inputs)
        } else if meta.is_file() {
            let mode = meta.permissions().mode();
            let inputs = self.text(text(&format!("file {mode:o}")));
            Ok(inputs.text(fs::read(path).with_context(failed)?))
        } else {
            let target = fs::read_link(path).unwrap_or_default();
            Ok(self
                .text(text("link"))
                .text(target.to_string_lossy().as_bytes()))
        }
    }

    /// When a file was made that is too large to be read each time.
    pub fn made(self, path: &Path) -> Self {
        let meta = fs::metadata(path).and_then(|meta| Ok((meta.len(), meta.modified()?)));
        self.text(format!("{} {meta:?}", path.display()))
    }

    fn digest(self) -> String {
        let bytes = self.hash.finalize();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
        fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let mut common = Inputs::new(paths.root())
            .path(&env::current_exe()?)?
            .text(Toolchain::detect()?.identity())
            .made(Path::new("/var/lib/dpkg/status"));
        for file in settings(paths.root()) {
            common = common.path(&file)?;
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
        if self.all {
            return false;
        }
        let text = fs::read_to_string(self.file(key)).unwrap_or_default();
        let mut lines = text.lines();
        if lines.next() != Some(&inputs.clone().digest()) {
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

/// Settings of cargo and rustfmt from outside the clone.
fn settings(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for dir in root.ancestors() {
        for name in [
            ".cargo/config.toml",
            ".cargo/config",
            "rustfmt.toml",
            ".rustfmt.toml",
        ] {
            files.push(dir.join(name));
        }
    }
    let set = |name| env::var_os(name).map(PathBuf::from);
    let home = env::home_dir().unwrap_or_default();
    let cargo = set("CARGO_HOME").unwrap_or_else(|| home.join(".cargo"));
    let config = set("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
    files.extend(["config.toml", "config"].map(|name| cargo.join(name)));
    files.extend(["rustfmt.toml", ".rustfmt.toml"].map(|name| config.join("rustfmt").join(name)));
    files
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{Inputs, Memo};
    use crate::report::Report;

    /// A directory that goes when the test ends.
    struct Dir(PathBuf);

    impl Dir {
        fn new(name: &str) -> Self {
            let dir = std::env::temp_dir().join(format!("devscope-{name}-{}", std::process::id()));
            fs::create_dir_all(dir.join("tree/below")).unwrap();
            Self(dir)
        }
    }

    impl Drop for Dir {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn digest(dir: &Path) -> String {
        Inputs::new(dir).trees(&["tree"]).unwrap().digest()
    }

    #[test]
    fn every_change_of_a_tree_is_seen() {
        let dir = Dir::new("inputs");
        let file = dir.0.join("tree/below/file");
        let mut seen = vec![digest(&dir.0)];
        fs::write(&file, "a").unwrap();
        seen.push(digest(&dir.0));
        fs::write(&file, "b").unwrap();
        seen.push(digest(&dir.0));
        fs::rename(&file, dir.0.join("tree/below/other")).unwrap();
        seen.push(digest(&dir.0));
        std::os::unix::fs::symlink("other", &file).unwrap();
        seen.push(digest(&dir.0));
        fs::remove_dir_all(dir.0.join("tree")).unwrap();
        seen.push(digest(&dir.0));
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }

    #[test]
    fn what_is_made_is_not() {
        let dir = Dir::new("made");
        let before = digest(&dir.0);
        fs::create_dir(dir.0.join("tree/target")).unwrap();
        fs::write(dir.0.join("tree/target/object"), "").unwrap();
        assert_eq!(digest(&dir.0), before);
    }

    #[test]
    fn runs_once_if_it_passes() {
        let dir = Dir::new("memo");
        let inputs = Inputs::new(&dir.0);
        let memo = Memo {
            dir: dir.0.clone(),
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
