// SPDX-License-Identifier: GPL-2.0

//! `make menuconfig`: the kernel's own menu, on this clone's Kconfig.

use anyhow::{Result, bail};

use crate::exec;
use crate::kernel::Kernel;
use crate::paths::Paths;
use crate::ui;

/// Lets the user choose which modules are built; the choice is build/config.
pub fn run(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let menu = kernel.dir().join("scripts/kconfig/mconf");
    if !menu.exists() {
        exec::logged(
            kernel.make()?.arg("build_menuconfig"),
            &paths.log("menuconfig")?,
        )?;
    }
    let config = paths.build("config");
    let mut command = exec::command(&menu);
    command
        .arg("Kconfig")
        .env("KCONFIG_CONFIG", &config)
        .env("srctree", paths.root())
        .env("CONFIG_", "CONFIG_")
        .current_dir(paths.root());
    if !exec::interactive(&mut command)? {
        bail!("the menu failed");
    }
    if config.exists() {
        ui::step("CONFIG", "build/config says what is built");
    }
    Ok(())
}
