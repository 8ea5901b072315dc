// SPDX-License-Identifier: GPL-2.0

//! A kernel that the user has built, or has the headers of: KDIR=.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use crate::bindgen;
use crate::config::Config;
use crate::kernel::{Kernel, short_hash};
use crate::lock;
use crate::paths::{self, Paths};
use crate::stock;
use crate::toolchain::Build;
use crate::version;

/// The metadata of the kernel's crate.
const METADATA: &str = "rust/libkernel.rmeta";

/// The kernel in `kdir`.
///
/// # Errors
///
/// When modules of ours cannot be built for it; the message says what can be done.
pub fn kernel(paths: &Paths, kdir: &Path) -> Result<Kernel> {
    let what = format!("KDIR={}", kdir.display());
    let dir = kdir
        .canonicalize()
        .with_context(|| format!("{what} cannot be opened"))?;
    paths::check("KDIR", &dir)?;
    if let Some(kernel) = stock::prepared(&dir)? {
        return Ok(kernel);
    }
    let release = version::of_build(&dir).with_context(|| what.clone())?;
    version::require(&what, &release)?;
    let config = Config::of_build(&dir).with_context(|| format!("{what} is not configured"))?;
    ensure!(
        config.has("RUST"),
        "{what} is built without CONFIG_RUST=y; a Rust module cannot be built for it"
    );
    let symbols = dir.join("Module.symvers");
    ensure!(
        symbols.exists(),
        "{what} has no Module.symvers; build the kernel there first"
    );
    ensure!(
        dir.join(METADATA).exists(),
        "{what} has no {METADATA}, as a distribution's headers package has none; for a kernel \
         of Debian's, `make kdir KVER={release}` makes a KDIR that has"
    );
    let bindgen = match bindgen::present(paths) {
        Some(bindgen) => bindgen,
        None => {
            let _lock = lock::cache(paths, "lock")?;
            bindgen::ensure(paths)?
        }
    };
    let build = Build::of_kernel(&config, None, &bindgen).with_context(|| what.clone())?;
    // What `make modules_prepare` alone leaves.
    ensure!(
        fs::read_to_string(symbols)?.contains("\tvmlinux\t"),
        "{what} has a Module.symvers without symbols of the kernel; build the kernel there first"
    );
    let name = format!("kdir-{}", short_hash(&[&dir.to_string_lossy()]));
    Ok(Kernel::new(&name, dir, build))
}
