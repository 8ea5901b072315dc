// SPDX-License-Identifier: GPL-2.0

//! Where things are: the clone, its build directory, and the cache that clones share.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The directories that everything else is found from.
#[derive(Clone, Debug)]
pub struct Paths {
    root: PathBuf,
    cache: PathBuf,
}

impl Paths {
    /// Resolves both, and creates them where they may be created.
    ///
    /// # Errors
    ///
    /// When `root` is not a clone of Devscope, when kbuild could not cope with its name, or when
    /// the cache cannot be created.
    pub fn new(root: &Path) -> Result<Self> {
        let root = root
            .canonicalize()
            .with_context(|| format!("{} cannot be opened", root.display()))?;
        let cache = cache_dir()?;
        for dir in [&root, &cache] {
            if dir
                .to_string_lossy()
                .contains(|c: char| c.is_whitespace() || c == ':')
            {
                bail!(
                    "kbuild needs paths without spaces and colons, and `{}` has one",
                    dir.display()
                );
            }
        }
        fs::create_dir_all(&cache).with_context(|| {
            format!(
                "the cache {} cannot be created; set DEVSCOPE_CACHE to a directory you can write",
                cache.display()
            )
        })?;
        let cache = cache.canonicalize()?;
        fs::create_dir_all(root.join("build"))
            .with_context(|| format!("{}/build cannot be created", root.display()))?;
        Ok(Self { root, cache })
    }

    /// The clone.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path in the clone's build directory.
    pub fn build(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.join("build").join(name)
    }

    /// The cache, which outlives the clone.
    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// The file for the output of `name`, in a directory that exists.
    pub fn log(&self, name: &str) -> Result<PathBuf> {
        let dir = self.build("logs");
        fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        Ok(dir.join(format!("{name}.log")))
    }
}

fn cache_dir() -> Result<PathBuf> {
    let set = |name| {
        env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    if let Some(dir) = set("DEVSCOPE_CACHE") {
        return Ok(std::path::absolute(dir)?);
    }
    if let Some(dir) = set("XDG_CACHE_HOME") {
        return Ok(std::path::absolute(dir)?.join("devscope"));
    }
    match env::home_dir().filter(|home| !home.as_os_str().is_empty()) {
        Some(home) => Ok(home.join(".cache/devscope")),
        None => bail!("there is no home directory; set DEVSCOPE_CACHE to a directory to keep"),
    }
}

/// Replaces the file at `path` with `text`, by rename, so that nobody sees half of it.
pub fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let tmp = PathBuf::from(name);
    fs::write(&tmp, text).with_context(|| format!("cannot write {}", tmp.display()))?;
    fs::rename(&tmp, path).with_context(|| format!("cannot write {}", path.display()))
}

/// Removes a directory or file that may not exist.
pub fn remove(path: &Path) -> Result<()> {
    let gone = match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => return Ok(()),
    };
    gone.with_context(|| format!("cannot remove {}", path.display()))
}
