// SPDX-License-Identifier: GPL-2.0

//! Builds the modules with kbuild, for one kernel.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use fs_err as fs;

use crate::exec;
use crate::kernel::Kernel;
use crate::lock;
use crate::paths::{self, Paths};
use crate::ui;

/// What kbuild says of each module where only the kernel's headers are.
const NO_BTF: &str = "Skipping BTF generation";

/// What drivers are compiled from.
pub const FRAMEWORK: &[&str] = &[
    "Kbuild",
    "Kconfig",
    "build/config",
    "drivers",
    "include",
    "rust",
    "samples",
    "tests/external",
    "tests/hostile",
    "tests/kmod",
];

/// The modules of one kernel.
#[derive(Debug)]
pub struct Modules {
    dir: PathBuf,
    files: Vec<PathBuf>,
}

impl Modules {
    /// Builds what is not up to date, if this process has not done so before.
    pub fn build(paths: &Paths, kernel: &Kernel) -> Result<Self> {
        Self::with(paths, kernel, &[])
    }

    /// As [`Self::build`], but for the drivers of the tests where none has been built yet.
    pub fn without_tests(paths: &Paths, kernel: &Kernel) -> Result<Self> {
        match paths.build(kernel.name()).join("tests").exists() {
            true => Self::build(paths, kernel),
            false => Self::with(paths, kernel, &["DEVSCOPE_TESTS=n"]),
        }
    }

    fn with(paths: &Paths, kernel: &Kernel, variables: &[&'static str]) -> Result<Self> {
        static BUILT: Mutex<BTreeSet<(PathBuf, Vec<&str>)>> = Mutex::new(BTreeSet::new());

        let dir = paths.build(kernel.name());
        let mut built_before = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
        let what = (dir.clone(), variables.to_vec());
        if !built_before.contains(&what) {
            compile(paths, kernel, &dir, kernel.name(), variables)?;
            built_before.insert(what);
        }
        let files = built(&dir)?;
        Ok(Self { dir, files })
    }

    /// A kbuild command for drivers in `dir` that use the framework.
    pub fn make(&self, kernel: &Kernel, dir: &Path) -> Result<Command> {
        let mut make = kernel.make()?;
        make.arg("--no-print-directory")
            .arg(format!("M={}", dir.display()))
            .arg(format!("DEVSCOPE={}", self.dir.display()));
        Ok(make)
    }

    /// Where the objects are.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The modules, in kbuild's order.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }
}

/// Builds the modules with clippy for a compiler; a warning is an error.
pub fn clippy(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let dir = paths.build(format!("{}-clippy", kernel.name()));
    let variables = ["CLIPPY=1", "KRUSTFLAGS=-Dwarnings"];
    compile(paths, kernel, &dir, "clippy", &variables)
}

/// Builds the modules and lets the kernel's own rules install them, into the module directory of the
/// kernel that KDIR names.
pub fn install(paths: &Paths, kernel: &Kernel, root: Option<&str>) -> Result<()> {
    let built = Modules::build(paths, kernel)?;
    let mut make = kbuild(paths, kernel, built.dir())?;
    make.args(root.map(|root| format!("INSTALL_MOD_PATH={root}")));
    make.arg("modules_install");
    exec::lines(&mut make, &paths.log("modules_install")?, |line| {
        if line.starts_with("  ") {
            eprintln!("{line}");
        }
    })
}

/// A kbuild command for this clone, with objects in `dir`.
pub fn kbuild(paths: &Paths, kernel: &Kernel, dir: &Path) -> Result<Command> {
    let mut make = kernel.make()?;
    make.arg("--no-print-directory")
        .arg(format!("M={}", paths.root().display()))
        .arg(format!("MO={}", dir.display()));
    let config = paths.build("config");
    if config.exists() {
        make.arg(format!("DEVSCOPE_CONFIG={}", config.display()));
    }
    Ok(make)
}

fn compile(
    paths: &Paths,
    kernel: &Kernel,
    dir: &Path,
    name: &str,
    variables: &[&str],
) -> Result<()> {
    let lock = dir.with_extension("lock");
    let _lock = lock::take(&lock, &format!("build/{name}"))?;
    forget_other_kernel(kernel, dir)?;
    let mut make = kbuild(paths, kernel, dir)?;
    make.args(variables).arg(exec::jobs()).arg("modules");
    let mut announced = false;
    let mut said = Vec::new();
    exec::lines(&mut make, &paths.log(&format!("modules-{name}"))?, |line| {
        if line.starts_with("  ") && !announced && !line.contains("MODPOST") {
            announced = true;
            ui::step("MODULES", &format!("building for the {name} kernel"));
        }
        if line.starts_with("make") || line.starts_with(NO_BTF) || is_step(line) {
            return;
        }
        said.push(line.to_owned());
    })?;
    // Success with words is a warning.
    if !ui::verbose() {
        for line in said {
            eprintln!("{line}");
        }
    }
    Ok(())
}

/// Removes objects that were built for another kernel: kbuild does not notice.
fn forget_other_kernel(kernel: &Kernel, dir: &Path) -> Result<()> {
    let stamp = dir.with_extension("kernel");
    let identity = kernel.identity()?;
    if fs::read_to_string(&stamp).is_ok_and(|text| text == identity) {
        return Ok(());
    }
    paths::remove(dir)?;
    fs::create_dir_all(dir)?;
    paths::write(&stamp, identity)
}

/// Whether `line` is a step of kbuild's: "  RUSTC [M] rust/devscope.o".
fn is_step(line: &str) -> bool {
    line.strip_prefix("  ")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
}

fn built(dir: &Path) -> Result<Vec<PathBuf>> {
    let order = dir.join("modules.order");
    let text = fs::read_to_string(&order)?;
    Ok(text
        .lines()
        .filter(|line| !line.is_empty())
        .map(|line| dir.join(line).with_extension("ko"))
        .collect())
}
