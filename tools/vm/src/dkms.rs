// SPDX-License-Identifier: GPL-2.0

//! `make dkms`, and what DKMS makes of it: Debian's dkms builds the modules for Debian's kernel, in
//! directories of its own.

use anyhow::{Result, bail, ensure};
use fs_err as fs;

use crate::exec;
use crate::files;
use crate::kernel::Kernel;
use crate::paths::Paths;
use crate::stock;

/// What is installed beside the framework and the drivers.
pub const INPUTS: &[&str] = &["Makefile", "tools/dkms", "tools/kdir.sh"];

/// How many modules tools/dkms/dkms.conf.in names.
const MODULES: usize = 5;

/// Installs the source, and has DKMS build it.
pub fn check(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let scratch = paths.scratch()?;
    let dir = scratch.path();
    let log = paths.log("dkms")?;
    let mut make = exec::command("make");
    make.arg("-C").arg(paths.root()).arg("dkms");
    exec::logged(make.arg(format!("DESTDIR={}", dir.display())), &log)?;
    let sources = dir.join("usr/src");
    let Some(source) = fs::read_dir(&sources)?.next().transpose()? else {
        bail!("`make dkms` has installed nothing");
    };
    let name = source.file_name().to_string_lossy().into_owned();
    let release = kernel.release()?;

    let built = dir.join("dkms");
    for new in [&built, &dir.join("modules")] {
        fs::create_dir(new)?;
    }
    let mut dkms = stock::root(kernel).command("dkms")?;
    // Its directory in the place of the one that build.sh would make.
    dkms.env("DEVSCOPE_KDIR", kernel.dir().with_file_name(""))
        .args([
            "build",
            &name.replace("devscope-", "devscope/"),
            "-k",
            &release,
        ])
        .arg("--sourcetree")
        .arg(&sources)
        .arg("--dkmstree")
        .arg(&built)
        .arg("--installtree")
        .arg(dir.join("modules"))
        .arg("--kernelsourcedir")
        .arg(format!("/usr/src/linux-headers-{release}"));
    if let Err(error) = exec::logged(&mut dkms, &log) {
        // It goes with the directory.
        let said = paths.log("dkms-make")?;
        for file in files::below(&built)? {
            if file.ends_with("make.log") {
                fs::copy(&file, &said)?;
            }
        }
        return Err(error.context(format!("see {}", said.display())));
    }
    let modules = files::below(&built)?;
    let modules = modules.iter().filter(|file| {
        let name = file.to_string_lossy();
        name.contains("/module/") && (name.ends_with(".ko") || name.ends_with(".ko.xz"))
    });
    let count = modules.count();
    ensure!(
        count == MODULES,
        "DKMS has built {count} modules of {MODULES}"
    );
    Ok(())
}
