// SPDX-License-Identifier: GPL-2.0

//! A built kernel that modules can be built for.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};
use fs_err as fs;
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::toolchain::Build;
use crate::ui;
use crate::version;

/// The kernel.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// What the objects built for it are called.
    name: String,
    dir: PathBuf,
    build: Build,
    /// Where its packages have put image and modules, if it was not built in `dir`.
    installed: Option<PathBuf>,
}

impl Kernel {
    /// One that is built in `dir`.
    pub fn new(name: &str, dir: PathBuf, build: Build) -> Self {
        Self {
            name: name.to_owned(),
            dir,
            build,
            installed: None,
        }
    }

    /// One that modules are built for in `dir`, while it is in `installed`, as in /lib/modules.
    pub fn installed(name: &str, dir: PathBuf, build: Build, installed: PathBuf) -> Self {
        Self {
            installed: Some(installed),
            ..Self::new(name, dir, build)
        }
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

    /// Whether it is a distribution's, whose image and modules are from a package.
    pub fn is_installed(&self) -> bool {
        self.installed.is_some()
    }

    /// The image to boot.
    pub fn image(&self) -> Result<PathBuf> {
        match &self.installed {
            Some(dir) => Ok(dir.join("vmlinuz")),
            None => self.built("arch/x86/boot/bzImage"),
        }
    }

    /// Where the kernel's own modules are, with a list of them.
    pub fn modules(&self) -> &Path {
        self.installed.as_ref().unwrap_or(&self.dir)
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

    /// Whether `option` (as "RUST") is set to y.
    pub fn has(&self, option: &str) -> Result<bool> {
        Ok(Config::of_build(&self.dir)?.has(option))
    }

    /// Whether `option` is set to y or m.
    pub fn has_any(&self, option: &str) -> Result<bool> {
        Ok(!Config::of_build(&self.dir)?.agrees(&format!("{option}=n")))
    }

    /// A kbuild command in this kernel's tree.
    pub fn make(&self) -> Result<Command> {
        self.make_in(&self.dir)
    }

    /// A kbuild command with the kernel's compilers, in `dir`.
    pub fn make_in(&self, dir: &Path) -> Result<Command> {
        let mut command = self.build.make()?;
        command.arg("-C").arg(dir);
        if ui::verbose() {
            command.arg("V=1");
        }
        Ok(command)
    }
}

/// A short name for what is made of `parts`.
pub fn short_hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize()[..6])
}

/// Bytes as digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
