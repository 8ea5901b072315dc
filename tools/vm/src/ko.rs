// SPDX-License-Identifier: GPL-2.0

//! Module files: their names, and the order they have to be loaded in.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

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
        let order = fs::read_to_string(kernel.dir().join("modules.order")).unwrap_or_default();
        let theirs = order
            .lines()
            .map(|line| kernel.dir().join(line).with_extension("ko"));
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
        let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        for dependency in depends(&bytes) {
            self.visit(&dependency, order)?;
        }
        order.push((name.to_owned(), file.clone()));
        Ok(())
    }
}

/// The name that the kernel knows a module file by.
pub fn name(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    stem.replace('-', "_")
}

/// Reads "depends=" out of a module's .modinfo section.
fn depends(module: &[u8]) -> Vec<String> {
    const KEY: &[u8] = b"\0depends=";
    let Some(at) = module.windows(KEY.len()).position(|bytes| bytes == KEY) else {
        return Vec::new();
    };
    let value = module[at + KEY.len()..].split(|&byte| byte == 0).next();
    String::from_utf8_lossy(value.unwrap_or_default())
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| name.replace('-', "_"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::depends;

    #[test]
    fn dependencies_of_a_module() {
        let module = b"\x7fELF..\0license=GPL\0depends=devscope,virtio-ring\0name=edu\0";
        assert_eq!(depends(module), ["devscope", "virtio_ring"]);
        assert!(depends(b"\0depends=\0name=devscope\0").is_empty());
        assert!(depends(b"").is_empty());
    }
}
