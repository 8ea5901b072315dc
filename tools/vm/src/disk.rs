// SPDX-License-Identifier: GPL-2.0

//! Free space, asked for before something big is started.

use std::path::Path;

use anyhow::{Context, Result, bail};

/// What an empty cache needs to hold the source and both kernels, with room to unpack.
pub const SETUP_GIB: u64 = 12;

/// What it needs to hold what goes with a stock kernel, with room to unpack.
pub const STOCK_GIB: u64 = 6;

/// Fails unless the file system of `dir` has `gib` GiB left.
pub fn require(dir: &Path, gib: u64) -> Result<()> {
    let stat = rustix::fs::statvfs(dir)
        .with_context(|| format!("cannot ask for the free space of {}", dir.display()))?;
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    if free < gib << 30 {
        bail!(
            "{} has {:.1} GiB free and set-up needs {gib} GiB; free some space, \
             or set DEVSCOPE_CACHE to a directory on a larger disk",
            dir.display(),
            free as f64 / f64::from(1 << 30)
        );
    }
    Ok(())
}
