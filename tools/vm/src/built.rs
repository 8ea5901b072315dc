// SPDX-License-Identifier: GPL-2.0

//! Kernels that are built here, with the compilers of this machine, from tools/kernel's fragments.

use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;

use crate::bindgen;
use crate::disk;
use crate::exec;
use crate::files;
use crate::flavor::Recipe;
use crate::fragment::Fragments;
use crate::kernel::{Kernel, short_hash};
use crate::lock;
use crate::paths::{self, Paths};
use crate::progress::Progress;
use crate::source::Source;
use crate::toolchain::Toolchain;
use crate::ui;

/// The file that says a build has run to its end.
pub const STAMP: &str = ".devscope-complete";

/// A kernel that is to be built, or has been.
#[derive(Debug)]
pub struct Plan<'a> {
    paths: &'a Paths,
    ksrc: Option<&'a Path>,
    name: &'static str,
    recipe: Recipe,
    toolchain: Toolchain,
    fragments: Fragments,
}

impl<'a> Plan<'a> {
    /// One called `name`, from the source tree `ksrc` if that is not to be downloaded.
    pub fn new(
        paths: &'a Paths,
        ksrc: Option<&'a Path>,
        name: &'static str,
        recipe: Recipe,
    ) -> Result<Self> {
        let fragments = Fragments::read(&paths.root().join("tools/kernel"), recipe.fragments)?;
        Ok(Self {
            paths,
            ksrc,
            name,
            recipe,
            toolchain: Toolchain::detect()?,
            fragments,
        })
    }

    /// The kernel, if it has been built.
    pub fn complete(&self) -> Result<Option<Kernel>> {
        let Some(source) = Source::present(self.paths, self.ksrc)? else {
            return Ok(None);
        };
        let bindgen = bindgen::present(self.paths);
        let kernel = bindgen.map(|bindgen| self.kernel(&source, &bindgen));
        Ok(kernel.filter(|kernel| kernel.dir().join(STAMP).exists()))
    }

    /// The kernel, which is built first if it has to be.
    pub fn carry_out(&self) -> Result<Kernel> {
        // What is complete stays so: only who makes something needs the lock.
        if let Some(kernel) = self.complete()? {
            return Ok(kernel);
        }
        let _lock = lock::cache(self.paths, "lock")?;
        if let Some(kernel) = self.complete()? {
            return Ok(kernel);
        }
        disk::require(self.paths.cache(), disk::SETUP_GIB)?;
        let bindgen = bindgen::ensure(self.paths)?;
        let source = Source::ensure(self.paths, self.ksrc)?;
        let kernel = self.kernel(&source, &bindgen);
        // Without bindgen, it may be complete all the same.
        if !kernel.dir().join(STAMP).exists() {
            self.build(&kernel, &source)?;
        }
        Ok(kernel)
    }

    fn kernel(&self, source: &Source, bindgen: &Path) -> Kernel {
        let dir = self.dir(source);
        Kernel::new(self.name, dir, self.toolchain.build(bindgen))
    }

    fn dir(&self, source: &Source) -> PathBuf {
        let identity = self.toolchain.identity();
        let key = short_hash(&[&source.identity(), identity, self.fragments.text()]);
        let name = format!("kernel-{}-{}-{key}", source.version(), self.name);
        self.paths.cache().join(name)
    }

    fn build(&self, kernel: &Kernel, source: &Source) -> Result<()> {
        let Self {
            paths,
            name,
            fragments,
            ..
        } = self;
        let log = paths.log(&format!("kernel-{name}"))?;
        fs::create_dir_all(kernel.dir())?;
        let fragment = kernel.dir().join("devscope.config");
        fs::write(&fragment, fragments.text())?;
        let make = || -> Result<_> {
            let mut command = kernel.make_in(source.dir())?;
            command.arg(format!("O={}", kernel.dir().display()));
            Ok(command)
        };
        let text = format!("configuring the {name} kernel, Linux {}", source.version());
        ui::step("CONFIG", &text);
        let mut config = make()?;
        config
            .env("KCONFIG_ALLCONFIG", &fragment)
            .arg("allnoconfig");
        exec::logged(&mut config, &log)?;
        fragments.check(&fs::read_to_string(kernel.dir().join(".config"))?)?;

        let text = format!("building the {name} kernel, Linux {}", source.version());
        let mut progress = Progress::new("KERNEL", &text, self.recipe.lines);
        let objects = files::of(kernel.dir(), "o")?.len();
        progress.resume(objects.try_into()?);
        let mut build = make()?;
        build.arg(exec::jobs()).args(["bzImage", "modules"]);
        exec::lines(&mut build, &log, |line| tick(&mut progress, line))?;
        paths::write(&kernel.dir().join(STAMP), "")
    }
}

/// Counts what a line of kbuild's output says that is done.
pub fn tick(progress: &mut Progress, line: &str) {
    if let Some((tool, file)) = compiled(line) {
        progress.tick(&format!("{tool} {file}"));
    }
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
