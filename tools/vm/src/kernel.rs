// SPDX-License-Identifier: GPL-2.0

//! Kernels: those that are built here, or one that the user has built.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use fs_err as fs;
use sha2::{Digest, Sha256};

use crate::bindgen;
use crate::disk;
use crate::exec;
use crate::files;
use crate::fragment::Fragments;
use crate::lock;
use crate::paths::{self, Paths};
use crate::progress::Progress;
use crate::source::Source;
use crate::toolchain::Toolchain;
use crate::ui;
use crate::version;

/// The file that says a build has run to its end.
const STAMP: &str = ".devscope-complete";

/// The kernels that are built here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Flavor {
    /// Nothing that a production kernel would not have: for runs and for counting instructions.
    Lean,
    /// Every checker for memory, locks and leaks: for tests.
    Debug,
    /// PREEMPT_RT with lockdep.
    Rt,
    /// The data race detector.
    Kcsan,
}

impl Flavor {
    /// Its name in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lean => "lean",
            Self::Debug => "debug",
            Self::Rt => "rt",
            Self::Kcsan => "kcsan",
        }
    }

    /// The fragments of tools/kernel that it is made of.
    fn fragments(self) -> &'static [&'static str] {
        match self {
            Self::Lean => &["base", "lean"],
            Self::Debug => &["base", "test", "debug"],
            Self::Rt => &["base", "test", "rt"],
            Self::Kcsan => &["base", "test", "kcsan"],
        }
    }

    /// About how many lines its build prints.
    fn lines(self) -> u64 {
        match self {
            Self::Lean => 1790,
            Self::Debug => 1930,
            Self::Rt => 1950,
            Self::Kcsan => 1950,
        }
    }
}

/// A built kernel that modules can be built for.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// What the objects built for it are called.
    name: String,
    dir: PathBuf,
    make: Vec<String>,
    libclang: PathBuf,
}

/// Where kernels come from.
#[derive(Debug)]
pub struct Kernels {
    pub paths: Paths,
    /// One that the user has built.
    pub kdir: Option<PathBuf>,
    /// A source tree to build, instead of the downloaded one.
    pub ksrc: Option<PathBuf>,
    /// What most tests run on.
    pub tests: Flavor,
}

impl Kernels {
    /// The kernel of most tests.
    pub fn tests(&self) -> Result<Kernel> {
        self.get(self.tests)
    }

    /// The lean kernel.
    pub fn lean(&self) -> Result<Kernel> {
        self.get(Flavor::Lean)
    }

    /// Returns the user's kernel, or else the `flavor`; all that is missing is made first.
    pub fn get(&self, flavor: Flavor) -> Result<Kernel> {
        let (paths, ksrc) = (&self.paths, self.ksrc.as_deref());
        let toolchain = Toolchain::detect()?;
        let wanted = || match &self.kdir {
            Some(kdir) => {
                let dir = given(kdir)?;
                let name = format!("kdir-{}", short_hash(&[&dir.to_string_lossy()]));
                Ok(Some((name, dir)))
            }
            None => complete(paths, flavor, ksrc, &toolchain),
        };
        // What is complete stays so: only who makes something needs the lock.
        if let Some((name, dir)) = wanted()?
            && let Some(bindgen) = bindgen::present(paths)
        {
            return Ok(Kernel::new(name, dir, &toolchain, &bindgen));
        }
        let cache = paths.cache();
        let what = format!("the cache {}", cache.display());
        let _lock = lock::take(&cache.join("lock"), &what)?;
        let made = wanted()?;
        if made.is_none() {
            disk::require(cache, disk::SETUP_GIB)?;
        }
        let bindgen = bindgen::ensure(paths)?;
        if let Some((name, dir)) = made {
            return Ok(Kernel::new(name, dir, &toolchain, &bindgen));
        }
        let source = Source::ensure(paths, ksrc)?;
        let fragments = fragments(paths, flavor)?;
        let dir = build_dir(paths, flavor, &source, &toolchain, &fragments);
        let kernel = Kernel::new(flavor.name().to_owned(), dir, &toolchain, &bindgen);
        kernel.build(paths, flavor, &source, &fragments)?;
        Ok(kernel)
    }
}

impl Kernel {
    fn new(name: String, dir: PathBuf, toolchain: &Toolchain, bindgen: &Path) -> Self {
        Self {
            name,
            dir,
            make: toolchain.make_variables(bindgen),
            libclang: toolchain.libclang(),
        }
    }

    fn build(
        &self,
        paths: &Paths,
        flavor: Flavor,
        source: &Source,
        fragments: &Fragments,
    ) -> Result<()> {
        let name = flavor.name();
        let log = paths.log(&format!("kernel-{name}"))?;
        fs::create_dir_all(&self.dir)?;
        let fragment = self.dir.join("devscope.config");
        fs::write(&fragment, fragments.text())?;
        let make = || {
            let mut command = self.make_in(source.dir());
            command.arg(format!("O={}", self.dir.display()));
            command
        };
        let text = format!("configuring the {name} kernel, Linux {}", source.version());
        ui::step("CONFIG", &text);
        exec::logged(
            make()
                .env("KCONFIG_ALLCONFIG", &fragment)
                .arg("allnoconfig"),
            &log,
        )?;
        fragments.check(&fs::read_to_string(self.dir.join(".config"))?)?;

        let text = format!("building the {name} kernel, Linux {}", source.version());
        let mut progress = Progress::new("KERNEL", &text, flavor.lines());
        let objects = files::of(&self.dir, "o")?.len();
        progress.resume(objects.try_into()?);
        exec::lines(
            make().arg(exec::jobs()).args(["bzImage", "modules"]),
            &log,
            |line| {
                if let Some((tool, file)) = compiled(line) {
                    progress.tick(&format!("{tool} {file}"));
                }
            },
        )?;
        paths::write(&self.dir.join(STAMP), "")
    }

    /// What the objects built for it are called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tree that modules are built against.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The source tree it was built from.
    pub fn source(&self) -> PathBuf {
        let link = self.dir.join("source");
        link.canonicalize().unwrap_or_else(|_| self.dir.clone())
    }

    /// The image to boot.
    pub fn image(&self) -> Result<PathBuf> {
        self.built("arch/x86/boot/bzImage")
    }

    /// A file that is there once the image to boot is built.
    pub fn built(&self, name: &str) -> Result<PathBuf> {
        let file = self.dir.join(name);
        if !file.exists() {
            bail!(
                "{} has no {name}; build it there with `make bzImage`, or leave KDIR out",
                self.dir.display()
            );
        }
        Ok(file)
    }

    /// The release, as `uname -r` says it in the guest.
    pub fn release(&self) -> Result<String> {
        version::of_build(&self.dir)
    }

    /// Changes whenever modules have to be built anew.
    pub fn identity(&self) -> Result<String> {
        let mut parts = self.dir.display().to_string();
        for file in [".config", "Module.symvers", "include/generated/rustc_cfg"] {
            let modified = fs::metadata(self.dir.join(file)).and_then(|meta| meta.modified());
            parts += &format!(" {modified:?}");
        }
        Ok(short_hash(&[&parts]))
    }

    /// Whether `option` is set to y.
    pub fn has(&self, option: &str) -> Result<bool> {
        let file = self.dir.join("include/config/auto.conf");
        let config = fs::read_to_string(&file)?;
        Ok(config.lines().any(|line| line == format!("{option}=y")))
    }

    /// A kbuild command in this kernel's tree.
    pub fn make(&self) -> Command {
        self.make_in(&self.dir)
    }

    fn make_in(&self, dir: &Path) -> Command {
        let mut command = exec::command("make");
        command
            .arg("-C")
            .arg(dir)
            .args(&self.make)
            .env("LIBCLANG_PATH", &self.libclang);
        if ui::verbose() {
            command.arg("V=1");
        }
        command
    }
}

/// Checks a kernel that the user has built.
fn given(kdir: &Path) -> Result<PathBuf> {
    let dir = kdir
        .canonicalize()
        .with_context(|| format!("KDIR={} cannot be opened", kdir.display()))?;
    paths::check("KDIR", &dir)?;
    let release = version::of_build(&dir).with_context(|| format!("KDIR={}", kdir.display()))?;
    if !version::supported(&release) {
        bail!(
            "KDIR={} is Linux {release}; Devscope is written against {}",
            kdir.display(),
            version::SERIES
        );
    }
    let config = fs::read_to_string(dir.join("include/config/auto.conf"))
        .with_context(|| format!("KDIR={} is not configured", kdir.display()))?;
    if !config.lines().any(|line| line == "CONFIG_RUST=y") {
        bail!(
            "KDIR={} is built without CONFIG_RUST=y; a Rust module cannot be built for it",
            kdir.display()
        );
    }
    if !dir.join("Module.symvers").exists() {
        bail!(
            "KDIR={} has no Module.symvers; build the kernel there first",
            kdir.display()
        );
    }
    Ok(dir)
}

/// The name and directory of the kernel in the cache, if it has been built to its end.
fn complete(
    paths: &Paths,
    flavor: Flavor,
    ksrc: Option<&Path>,
    toolchain: &Toolchain,
) -> Result<Option<(String, PathBuf)>> {
    let Some(source) = Source::present(paths, ksrc)? else {
        return Ok(None);
    };
    let fragments = fragments(paths, flavor)?;
    let dir = build_dir(paths, flavor, &source, toolchain, &fragments);
    let complete = dir.join(STAMP).exists();
    Ok(complete.then(|| (flavor.name().to_owned(), dir)))
}

fn fragments(paths: &Paths, flavor: Flavor) -> Result<Fragments> {
    Fragments::read(&paths.root().join("tools/kernel"), flavor.fragments())
}

fn build_dir(
    paths: &Paths,
    flavor: Flavor,
    source: &Source,
    toolchain: &Toolchain,
    fragments: &Fragments,
) -> PathBuf {
    let key = short_hash(&[&source.identity(), toolchain.identity(), fragments.text()]);
    let name = format!("kernel-{}-{}-{key}", source.version(), flavor.name());
    paths.cache().join(name)
}

/// A short name for what is made of `parts`.
pub fn short_hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize()[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Reads a line of kbuild's output: "  CC      kernel/fork.o".
fn compiled(line: &str) -> Option<(&str, &str)> {
    let (tool, file) = line.strip_prefix("  ")?.split_once(' ')?;
    let upper = tool.starts_with(|c: char| c.is_ascii_uppercase());
    (upper && !file.trim().is_empty()).then(|| (tool, file.trim()))
}

#[cfg(test)]
mod tests {
    use super::compiled;

    #[test]
    fn lines_of_kbuild() {
        assert_eq!(
            compiled("  CC      kernel/fork.o"),
            Some(("CC", "kernel/fork.o"))
        );
        assert_eq!(
            compiled("  RUSTC L rust/core.o"),
            Some(("RUSTC", "L rust/core.o"))
        );
        assert_eq!(compiled("make[1]: Entering directory"), None);
        assert_eq!(compiled("  warning: something"), None);
    }
}
