// SPDX-License-Identifier: GPL-2.0

//! `make htmldocs`: Documentation as HTML, by the packaged Sphinx.

use std::path::PathBuf;

use anyhow::Result;

use crate::exec;
use crate::paths::{self, Paths};
use crate::toolchain::tool;

/// What the pages are made from.
pub const SOURCES: &str = "Documentation";

/// Writes the pages to build/htmldocs, all of them anew: Sphinx warns only of those that it reads.
/// A warning is an error; a page that no table of contents has is one.
pub fn build(paths: &Paths) -> Result<PathBuf> {
    let html = paths.build("htmldocs");
    paths::remove(&html)?;
    let mut sphinx = exec::command(tool("sphinx-build"));
    sphinx
        .args(["-q", "-E", "-W", "--keep-going", "-b", "html", "-d"])
        .arg(html.join(".doctrees"))
        .arg(paths.root().join(SOURCES))
        .arg(&html);
    exec::logged(&mut sphinx, &paths.log("htmldocs")?)?;
    Ok(html.join("index.html"))
}
