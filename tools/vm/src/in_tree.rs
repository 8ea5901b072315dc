// SPDX-License-Identifier: GPL-2.0

//! `make in-tree`: the framework as a series of patches for the kernel, and what is seen of it there:
//! checkpatch accepts each patch, and the suites pass on User-mode Linux, by the kernel's `kunit.py`.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;

use crate::bindgen;
use crate::exec;
use crate::ktap;
use crate::lock;
use crate::log;
use crate::paths::{self, Paths};
use crate::report::Report;
use crate::source::Source;
use crate::toolchain::{Build, Toolchain};
use crate::ui;

/// What the series is made from.
pub const INPUTS: &[&str] = &[
    "Documentation",
    "drivers",
    "include",
    "rust",
    "samples",
    "tools/in-tree",
];

/// What checkpatch says that does not hold here: MAINTAINERS names the directories in the first patch;
/// the tables that the fence for C fills in are no constants; and gates have no order among each other
/// that lockdep could keep.
const IGNORED: &str = "FILE_PATH_CHANGES,CONST_STRUCT,LOCKDEP";

/// The suites of the tree, as kunit.py is told.
const SUITES: &str = "rust/devscope";

/// Writes the series, and a copy of the tree that has it, to build/in-tree.
pub fn write(paths: &Paths, source: &Source) -> Result<PathBuf> {
    let out = paths.build("in-tree");
    paths::remove(&out)?;
    let mut series = command(paths, source, &out);
    if !exec::interactive(&mut series)? {
        bail!("the series cannot be made");
    }
    let tree = out.join("linux");
    let name = tree.display();
    ui::step("COPY", &format!("Linux {} to {name}", source.version()));
    let mut copy = exec::command("cp");
    copy.args(["-a", "--reflink=auto"]).arg(source.dir());
    exec::output(copy.arg(&tree))?;
    Tree { dir: tree }.update(&out.join("branch"), source)?;
    Ok(out)
}

/// Makes the series, each patch of which checkpatch has to accept.
pub fn patches(paths: &Paths, source: &Source) -> Result<()> {
    let scratch = paths.scratch()?;
    let out = scratch.path().join("in-tree");
    make(paths, source, &out)?;
    let mut checkpatch = exec::command("perl");
    checkpatch
        .arg(source.dir().join("scripts/checkpatch.pl"))
        .args(["--no-tree", "--terse", "--show-types", "--ignore", IGNORED]);
    for patch in fs::read_dir(out.join("series"))? {
        let patch = patch?.path();
        let name = patch.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with("0000") {
            checkpatch.arg(patch);
        }
    }
    exec::logged(&mut checkpatch, &paths.log("checkpatch")?)
}

/// Runs the suites on User-mode Linux. Tree and build are in the cache: where little has changed, little
/// is built.
pub fn suites(paths: &Paths, source: &Source, report: &mut Report) -> Result<()> {
    let cache = paths.cache().join(format!("in-tree-{}", source.version()));
    fs::create_dir_all(&cache)?;
    let _lock = lock::take(&cache.join("lock"), "the tree with the series")?;
    let out = cache.join("out");
    paths::remove(&out)?;
    make(paths, source, &out)?;
    let tree = Tree::ensure(&cache.join("linux"), source)?;
    tree.update(&out.join("branch"), source)?;

    let uml = cache.join("uml");
    ui::step(
        "UML",
        "running the suites in the tree (minutes the first time)",
    );
    let build = Toolchain::detect()?.build(&bindgen::ensure(paths)?);
    let json = paths.log("in-tree")?.with_extension("json");
    paths::remove(&json)?;
    let ran = exec::logged(
        tree.kunit(&build)?
            .arg(format!("--build_dir={}", uml.display()))
            .arg(format!("--json={}", json.display())),
        &paths.log("in-tree")?,
    );
    let said = fs::read_to_string(uml.join("test.log")).unwrap_or_default();
    if !json.exists() {
        return ran.and(Err(anyhow::anyhow!("kunit.py wrote no results")));
    }
    let ended = ktap::results(&fs::read_to_string(&json)?)
        .with_context(|| format!("cannot read {}", json.display()))?;
    ensure!(!ended.is_empty(), "kunit.py ran nothing");
    for (name, verdict) in ended {
        report.verdict("in-tree", &name, verdict);
    }
    let splats = log::scan(&said).splats;
    let quiet = match splats.first() {
        None => ran,
        Some(splat) => Err(anyhow::anyhow!("the kernel says: {}", splat.text)),
    };
    report.check("in-tree", "the kernel does not complain", quiet);
    Ok(())
}

/// Makes the series, signed off by nobody.
fn make(paths: &Paths, source: &Source, out: &Path) -> Result<()> {
    let mut series = command(paths, source, out);
    for (n, (key, value)) in [("user.name", "Nobody"), ("user.email", "nobody@localhost")]
        .iter()
        .enumerate()
    {
        series
            .env(format!("GIT_CONFIG_KEY_{n}"), key)
            .env(format!("GIT_CONFIG_VALUE_{n}"), value);
    }
    exec::logged(
        series.env("GIT_CONFIG_COUNT", "2"),
        &paths.log("in-tree-series")?,
    )
}

fn command(paths: &Paths, source: &Source, out: &Path) -> Command {
    let mut series = exec::command(paths.root().join("tools/in-tree/series.sh"));
    series.arg(source.dir()).arg(out).current_dir(paths.root());
    series
}

/// A source tree that has the series.
struct Tree {
    dir: PathBuf,
}

impl Tree {
    /// One at `dir` that shares its files with `source`, until they change.
    fn ensure(dir: &Path, source: &Source) -> Result<Self> {
        let tree = Self {
            dir: dir.to_owned(),
        };
        let made_from = dir.with_extension("source");
        let identity = source.identity();
        if fs::read_to_string(&made_from).unwrap_or_default() != identity {
            paths::remove(dir)?;
            let mut link = exec::command("cp");
            link.arg("-al").arg(source.dir()).arg(dir);
            if exec::output(&mut link).is_err() {
                paths::remove(dir)?;
                exec::output(exec::command("cp").arg("-a").arg(source.dir()).arg(dir))?;
            }
            fs::write(&made_from, identity)?;
        }
        Ok(tree)
    }

    /// Has the files of the series, and none of an earlier one. What is the same is not touched.
    fn update(&self, branch: &Path, source: &Source) -> Result<()> {
        let list = self.dir.join(".devscope-files");
        let mut git = exec::command("git");
        let files = exec::output(git.arg("-C").arg(branch).arg("ls-files"))?;
        let before = fs::read_to_string(&list).unwrap_or_default();
        for file in before
            .lines()
            .filter(|file| !files.lines().any(|new| new == *file))
        {
            paths::remove(&self.dir.join(file))?;
            let original = source.dir().join(file);
            if original.exists() {
                fs::copy(original, self.dir.join(file))?;
            }
        }
        for file in files.lines() {
            let (new, old) = (fs::read(branch.join(file))?, self.dir.join(file));
            if fs::read(&old).is_ok_and(|bytes| bytes == new) {
                continue;
            }
            fs::create_dir_all(old.parent().context("a file without a directory")?)?;
            // It may be shared with the source.
            paths::remove(&old)?;
            fs::write(&old, new)?;
            fs::set_permissions(&old, Permissions::from_mode(0o644))?;
        }
        fs::write(&list, files)?;
        Ok(())
    }

    /// kunit.py, to build and run the suites.
    fn kunit(&self, build: &Build) -> Result<Command> {
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        let make = build.make()?;
        let mut kunit = exec::command("python3");
        kunit
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(self.dir.join("tools/testing/kunit/kunit.py"))
            .args(["run", "--timeout=300"])
            .arg(format!("--jobs={jobs}"))
            .arg(format!("--kunitconfig={SUITES}"))
            .current_dir(&self.dir);
        for variable in make.get_args() {
            kunit.arg("--make_options").arg(variable);
        }
        for (name, value) in make.get_envs() {
            if let Some(value) = value {
                kunit.env(name, value);
            }
        }
        Ok(kunit)
    }
}
