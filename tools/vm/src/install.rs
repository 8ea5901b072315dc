// SPDX-License-Identifier: GPL-2.0

//! `make modules_install`: into the module directory of the kernel that KDIR names.

use anyhow::Result;

use crate::exec;
use crate::kernel::Kernel;
use crate::modules::{self, Modules};
use crate::paths::Paths;

/// Builds the modules and lets the kernel's own rules install them.
pub fn install(paths: &Paths, kernel: &Kernel, root: Option<&str>) -> Result<()> {
    let built = Modules::build(paths, kernel)?;
    let mut make = modules::kbuild(paths, kernel, built.dir())?;
    if let Some(root) = root {
        make.arg(format!("INSTALL_MOD_PATH={root}"));
    }
    exec::lines(
        make.arg("modules_install"),
        &paths.log("modules_install")?,
        |line| {
            if line.starts_with("  ") {
                eprintln!("{line}");
            }
        },
    )
}
