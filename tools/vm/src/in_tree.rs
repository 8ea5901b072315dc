// SPDX-License-Identifier: GPL-2.0

//! `make in-tree`: the framework as a series of patches for the kernel, and what is seen of it there:
//! checkpatch accepts each patch, and the suites pass on User-mode Linux, by the kernel's `kunit.py`.
//! In the long form, a kernel for QEMU is built with each patch, and runs the suites with the last.

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
use crate::root;
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

/// What the patches stand on, and what they add, as options of the kernel.
#[rustfmt::skip]
const KERNELS: &[&str] = &[
    "KUNIT", "RUST", "PCI", "DEVTMPFS", "BLOCK", "INPUT", "SAMPLES", "SAMPLES_RUST", "CHROME_PLATFORMS",
    "CROS_EC", "MFD_CROS_EC_DEV", "CROS_EC_CHARDEV",
];
#[rustfmt::skip]
const OURS: &[&str] = &[
    "DEVSCOPE", "DEVSCOPE_KUNIT_TEST", "DEVSCOPE_EVDEV", "DEVSCOPE_CROS_EC_CHARDEV", "SAMPLE_DEVSCOPE_EDU",
    "SAMPLE_DEVSCOPE_LOOPCHAN", "SAMPLE_DEVSCOPE_RAMDISK",
];

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
    let series = Series::ensure(paths, source)?;
    series.checkout("devscope")?;
    let text = "running the suites in the tree (minutes the first time)";
    ui::step("UML", text);
    let mut kunit = series.tree.kunit("run", &series.build)?;
    let uml = series.cache.join("uml");
    kunit.arg(format!("--kunitconfig={SUITES}"));
    run(paths, kunit, &uml, "in-tree", report)
}

/// Builds a kernel for QEMU with each patch, all that there is of the series being built in, and runs
/// the suites with the last. It takes a quarter of an hour.
pub fn each(paths: &Paths, source: &Source, report: &mut Report) -> Result<()> {
    let series = Series::ensure(paths, source)?;
    let out = series.cache.join("qemu");
    let kunit = |what: &str| -> Result<Command> {
        let options = series.cache.join("kunitconfig");
        fs::write(&options, series.options()?)?;
        let mut kunit = series.tree.kunit(what, &series.build)?;
        kunit.args(["--arch", "x86_64"]);
        kunit.arg(format!("--kunitconfig={}", options.display()));
        Ok(kunit)
    };
    let log = "in-tree-each";
    for (commit, subject) in series.commits()? {
        ui::step("PATCH", &subject);
        report.begin();
        series.checkout(&commit)?;
        let mut build = kunit("build")?;
        build.arg(format!("--build_dir={}", out.display()));
        let built = exec::logged(&mut build, &paths.log(log)?);
        report.check("in-tree", &format!("builds: {subject}"), built);
    }
    ui::step("QEMU", "running the suites in the tree");
    run(paths, without_kvm(kunit("run")?), &out, log, report)
}

/// `command`, which finds no /dev/kvm: `kunit.py` uses that where it is there, and it may not work.
fn without_kvm(command: Command) -> Command {
    if !root::works() {
        return command;
    }
    let mut inside = exec::command("bwrap");
    inside
        .args(["--bind", "/", "/", "--dev", "/dev"])
        .args(["--die-with-parent", "--"])
        .arg(command.get_program())
        .args(command.get_args())
        .envs(exec::variables(&command));
    if let Some(dir) = command.get_current_dir() {
        inside.current_dir(dir);
    }
    inside
}

/// Has `kunit.py` run the suites, with its build in `out`.
fn run(
    paths: &Paths,
    mut kunit: Command,
    out: &Path,
    name: &str,
    report: &mut Report,
) -> Result<()> {
    let log = paths.log(name)?;
    let json = log.with_extension("json");
    paths::remove(&json)?;
    kunit
        .arg("--timeout=300")
        .arg(format!("--build_dir={}", out.display()))
        .arg(format!("--json={}", json.display()));
    let ran = exec::logged(&mut kunit, &log);
    let said = fs::read_to_string(out.join("test.log")).unwrap_or_default();
    if !json.exists() {
        return ran.and(Err(anyhow::anyhow!("kunit.py wrote no results")));
    }
    let ended = ktap::results(&fs::read_to_string(&json)?)
        .with_context(|| format!("cannot read {}", json.display()))?;
    ensure!(!ended.is_empty(), "kunit.py ran nothing");
    for (test, verdict) in ended {
        report.verdict(name, &test, verdict);
    }
    let splats = log::scan(&said).splats;
    let quiet = match splats.first() {
        None => ran,
        Some(splat) => Err(anyhow::anyhow!("the kernel says: {}", splat.text)),
    };
    report.check(name, "the kernel does not complain", quiet);
    Ok(())
}

/// Makes the series, signed off by nobody.
fn make(paths: &Paths, source: &Source, out: &Path) -> Result<()> {
    let mut series = command(paths, source, out);
    let nobody = [("user.name", "Nobody"), ("user.email", "nobody@localhost")];
    exec::git_config(&mut series, &nobody);
    exec::logged(&mut series, &paths.log("in-tree-series")?)
}

fn command(paths: &Paths, source: &Source, out: &Path) -> Command {
    let mut series = exec::command(paths.root().join("tools/in-tree/series.sh"));
    series.arg(source.dir()).arg(out).current_dir(paths.root());
    series
}

/// The series and the tree that it is for, in the cache, which others wait for.
struct Series {
    cache: PathBuf,
    tree: Tree,
    source: Source,
    build: Build,
    _lock: lock::Lock,
}

impl Series {
    fn ensure(paths: &Paths, source: &Source) -> Result<Self> {
        let cache = paths.cache().join(format!("in-tree-{}", source.version()));
        fs::create_dir_all(&cache)?;
        let lock = lock::take(&cache.join("lock"), "the tree with the series")?;
        let out = cache.join("out");
        paths::remove(&out)?;
        make(paths, source, &out)?;
        Ok(Self {
            tree: Tree::ensure(&cache.join("linux"), source)?,
            cache,
            source: source.clone(),
            build: Toolchain::detect()?.build(&bindgen::ensure(paths)?),
            _lock: lock,
        })
    }

    fn branch(&self) -> PathBuf {
        self.cache.join("out/branch")
    }

    fn git(&self, arguments: &[&str]) -> Result<String> {
        git(&self.branch(), arguments)
    }

    /// The patches, the first one first: what git calls them, and their subjects.
    fn commits(&self) -> Result<Vec<(String, String)>> {
        let said = self.git(&["log", "--reverse", "--format=%h %s", "base..devscope"])?;
        let commits = said.lines().filter_map(|line| line.split_once(' '));
        Ok(commits.map(|(id, it)| (id.into(), it.into())).collect())
    }

    /// Has the tree be as after the patch `commit`.
    fn checkout(&self, commit: &str) -> Result<()> {
        self.git(&["checkout", "-q", commit])?;
        self.tree.update(&self.branch(), &self.source)
    }

    /// What is built with the patches that the tree has: all that they know.
    fn options(&self) -> Result<String> {
        let mut known = String::new();
        for file in self.git(&["ls-files", "*Kconfig*"])?.lines() {
            known += &fs::read_to_string(self.branch().join(file))?;
        }
        let is_known = |name: &&&str| known.lines().any(|it| it == format!("config {name}"));
        let ours = OURS.iter().filter(is_known).copied();
        let all = KERNELS.iter().copied().chain(ours);
        Ok(all.map(|name| format!("CONFIG_{name}=y\n")).collect())
    }
}

fn git(dir: &Path, arguments: &[&str]) -> Result<String> {
    exec::output(exec::command("git").arg("-C").arg(dir).args(arguments))
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
        let files = git(branch, &["ls-files"])?;
        let before = fs::read_to_string(&list).unwrap_or_default();
        let is_gone = |file: &&str| !files.lines().any(|new| new == *file);
        for file in before.lines().filter(is_gone) {
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

    /// kunit.py, to do `what`.
    fn kunit(&self, what: &str, build: &Build) -> Result<Command> {
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        let make = build.make()?;
        let mut kunit = ktap::kunit(&self.dir, what);
        kunit
            .envs(exec::variables(&make))
            .arg(format!("--jobs={jobs}"))
            .current_dir(&self.dir);
        for variable in make.get_args() {
            kunit.arg("--make_options").arg(variable);
        }
        Ok(kunit)
    }
}
