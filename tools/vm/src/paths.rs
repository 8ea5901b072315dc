// SPDX-License-Identifier: GPL-2.0

//! Where things are: the clone, its build directory, and the cache that clones share.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fs_err as fs;
use tempfile::TempDir;

/// What is in every cache, for `make distclean` to know it by.
const MARK: &str = "lock";

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
    /// When `root` is not a clone of Devscope, when kbuild could not cope with its name or that of
    /// the cache, or when the cache cannot be created, or is a directory of somebody else's.
    pub fn new(root: &Path) -> Result<Self> {
        let root = root
            .canonicalize()
            .with_context(|| format!("{} cannot be opened", root.display()))?;
        check("the clone", &root)?;
        let cache = create_cache(&cache_dir()?)?;
        fs::create_dir_all(root.join("build"))?;
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

    /// A directory outside of the clone, which goes with the value. Where `TMPDIR` is may be nothing
    /// for kbuild.
    pub fn scratch(&self) -> Result<TempDir> {
        Ok(TempDir::with_prefix_in("tmp-", &self.cache)?)
    }

    /// The file for the output of `name`, in a directory that exists.
    pub fn log(&self, name: &str) -> Result<PathBuf> {
        let dir = self.build("logs");
        fs::create_dir_all(&dir)?;
        Ok(dir.join(format!("{name}.log")))
    }
}

/// Refuses a path that make, a shell or kbuild would take for something else, as the Makefile does.
pub fn check(what: &str, path: &Path) -> Result<()> {
    let unfit = |c: char| {
        c.is_whitespace() || c.is_control() || c.is_ascii_punctuation() && !"+,-./@_".contains(c)
    };
    match path.to_str().map(|text| text.find(unfit)) {
        Some(None) => Ok(()),
        _ => bail!(
            "kbuild needs paths without spaces and special characters, and {what} is {path:?}"
        ),
    }
}

fn cache_dir() -> Result<PathBuf> {
    let set = |name| {
        env::var_os(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    if let Some(dir) = set("DEVSCOPE_CACHE") {
        return Ok(dir);
    }
    if let Some(dir) = set("XDG_CACHE_HOME") {
        return Ok(dir.join("devscope"));
    }
    match set("HOME") {
        Some(home) => Ok(home.join(".cache/devscope")),
        None => bail!("there is no HOME; set DEVSCOPE_CACHE to a directory to keep"),
    }
}

/// Returns the cache in `dir`, which must be nothing else: `make distclean` removes what is in it.
fn create_cache(dir: &Path) -> Result<PathBuf> {
    check("the cache", dir)?;
    if !dir.is_absolute() {
        bail!("the cache is {dir:?}, and has to begin with /");
    }
    let context = || {
        format!(
            "the cache {dir:?} cannot be created; set DEVSCOPE_CACHE to a directory you can write"
        )
    };
    fs::create_dir_all(dir).with_context(context)?;
    let dir = dir.canonicalize()?;
    check("the cache", &dir)?;
    let mark = dir.join(MARK);
    if !mark.exists() {
        let mut entries = fs::read_dir(&dir).with_context(context)?;
        // Another run may make it a cache just now.
        if entries.next().is_some() && !mark.exists() {
            bail!("{dir:?} is no cache of Devscope; set DEVSCOPE_CACHE to a directory of its own");
        }
        fs::write(mark, "").with_context(context)?;
    }
    Ok(dir)
}

/// Replaces the file at `path` with `text`, by rename, so that nobody sees half of it.
pub fn write(path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let tmp = PathBuf::from(name);
    fs::write(&tmp, text)?;
    Ok(fs::rename(&tmp, path)?)
}

/// Removes a directory or file that may not exist.
pub fn remove(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_dir() => fs::remove_dir_all(path)?,
        Ok(_) => fs::remove_file(path)?,
        Err(_) => {}
    }
    Ok(())
}
