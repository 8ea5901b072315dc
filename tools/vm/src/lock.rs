// SPDX-License-Identifier: GPL-2.0

//! Locks between two runs, or two threads of one, that would write the same files. The kernel drops
//! them when a run is killed.

use std::fs::TryLockError;
use std::path::Path;

use anyhow::{Context, Result};
use fs_err::File;

use crate::paths::Paths;
use crate::ui;

/// A lock that is held until this is dropped.
#[must_use]
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Takes the lock `name` of the cache.
pub fn cache(paths: &Paths, name: &str) -> Result<Lock> {
    let cache = paths.cache();
    take(&cache.join(name), &format!("the cache {}", cache.display()))
}

/// Takes the lock on `path`, waiting for whoever holds it.
pub fn take(path: &Path, what: &str) -> Result<Lock> {
    let file = File::create(path)?;
    if let Err(TryLockError::WouldBlock) = file.file().try_lock() {
        ui::step("WAIT", &format!("something else is using {what}"));
    }
    file.file()
        .lock()
        .with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(Lock { _file: file })
}
