// SPDX-License-Identifier: GPL-2.0

//! A kernel that the user has built, or has the headers of: KDIR=.

use std::path::Path;

use anyhow::{Context, Result, bail};
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
    let context = || format!("KDIR={}", kdir.display());
    let dir = kdir
        .canonicalize()
        .with_context(|| format!("KDIR={} cannot be opened", kdir.display()))?;
    paths::check("KDIR", &dir)?;
    if let Some(kernel) = stock::prepared(&dir)? {
        return Ok(kernel);
    }
    let release = version::of_build(&dir).with_context(context)?;
    version::require(&format!("KDIR={}", kdir.display()), &release)?;
    let config = Config::of_build(&dir)
        .with_context(|| format!("KDIR={} is not configured", kdir.display()))?;
    if !config.has("RUST") {
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
    if !dir.join(METADATA).exists() {
        bail!(
            "KDIR={} has no {METADATA}, as a distribution's headers package has none; for a kernel \
             of Debian's, `make kdir KVER={release}` makes a KDIR that has",
            kdir.display()
        );
    }
    let bindgen = match bindgen::present(paths) {
        Some(bindgen) => bindgen,
        None => {
            let cache = paths.cache();
            let what = format!("the cache {}", cache.display());
            let _lock = lock::take(&cache.join("lock"), &what)?;
            bindgen::ensure(paths)?
        }
    };
    let build = Build::of_kernel(&config, None, &bindgen).with_context(context)?;
    // What `make modules_prepare` alone leaves.
    if !fs::read_to_string(dir.join("Module.symvers"))?.contains("\tvmlinux\t") {
        bail!(
            "KDIR={} has a Module.symvers without symbols of the kernel; build the kernel there first",
            kdir.display()
        );
    }
    let name = format!("kdir-{}", short_hash(&[&dir.to_string_lossy()]));
    Ok(Kernel::new(&name, dir, build))
}
