// SPDX-License-Identifier: GPL-2.0

//! Module files: their names, and the order they have to be loaded in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use fs_err as fs;

use crate::exec;
use crate::files;
use crate::kernel::Kernel;
use crate::modules::Modules;

/// The modules that can be put into a guest, by name.
#[derive(Debug)]
pub struct Available {
    files: BTreeMap<String, PathBuf>,
}

impl Available {
    /// Those of this clone and those of the kernel.
    pub fn new(modules: &Modules, kernel: &Kernel) -> Self {
        let dir = kernel.modules();
        let order = fs::read_to_string(dir.join("modules.order")).unwrap_or_default();
        let theirs = order
            .lines()
            .map(|line| dir.join(line).with_extension("ko"));
        let files = theirs
            .chain(modules.files().iter().cloned())
            .map(|file| (name(&file), file))
            .collect();
        Self { files }
    }

    /// Whether there is one of this name.
    pub fn has(&self, name: &str) -> bool {
        self.files.contains_key(name)
    }

    /// The names of those below `dir`.
    pub fn below(&self, dir: &Path) -> Vec<String> {
        let files = self.files.iter().filter(|(_, file)| file.starts_with(dir));
        files.map(|(name, _)| name.clone()).collect()
    }

    /// `names` and all that they depend on, in the order of loading.
    pub fn in_order(&self, names: &[String]) -> Result<Vec<(String, PathBuf)>> {
        let mut order = Vec::new();
        for name in names {
            self.visit(name, &mut order)?;
        }
        Ok(order)
    }

    fn visit(&self, name: &str, order: &mut Vec<(String, PathBuf)>) -> Result<()> {
        if order.iter().any(|(done, _)| done == name) {
            return Ok(());
        }
        let Some(file) = self.files.get(name) else {
            bail!(
                "there is no module `{name}`; it may be switched off in build/config \
                 (see `make menuconfig`)"
            );
        };
        unpack(file)?;
        let depends = exec::output(exec::command("modinfo").args(["-F", "depends"]).arg(file))?;
        for dependency in depends.trim().split(',').filter(|name| !name.is_empty()) {
            self.visit(&dependency.replace('-', "_"), order)?;
        }
        order.push((name.to_owned(), file.clone()));
        Ok(())
    }
}

/// Unpacks a module that is there as Debian's packages have it.
fn unpack(file: &Path) -> Result<()> {
    let packed = file.with_extension("ko.xz");
    if !file.exists() && packed.exists() {
        let mut xz = exec::command("xz");
        exec::output(xz.args(["--decompress", "--keep"]).arg(packed))?;
    }
    Ok(())
}

/// The name that the kernel knows a module file by.
pub fn name(file: &Path) -> String {
    files::stem(file).replace('-', "_")
}
