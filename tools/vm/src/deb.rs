// SPDX-License-Identifier: GPL-2.0

//! What `make deb` builds: with Debian's tools in a root of their own, and as lintian likes it.

use anyhow::Result;
use fs_err::{self as fs, os::unix::fs::symlink};

use crate::apt::{Apt, Kind};
use crate::exec;
use crate::kernel::short_hash;
use crate::paths::{self, Paths};
use crate::progress::Progress;
use crate::root::Root;

/// What is installed beside what DKMS builds.
pub const INPUTS: &[&str] = &["Makefile", "tools/deb", "tools/dkms", "tools/kdir.sh"];

/// Where the tools come from.
const SUITES: &[&str] = &["trixie"];

/// The tools, with all that they stand on.
const TOOLS: &[&str] = &[
    "base-files",
    "bash",
    "coreutils",
    "dash",
    "debhelper",
    "dh-dkms",
    "diffutils",
    "dpkg-dev",
    "findutils",
    "gawk",
    "grep",
    "gzip",
    "hostname",
    "lintian",
    "make",
    "sed",
    "tar",
    "xz-utils",
];

/// Builds the package.
pub fn check(paths: &Paths) -> Result<()> {
    let root = tools(paths)?;
    let scratch = paths.scratch()?;
    let mut make = root.command("make")?;
    make.arg("-C")
        .arg(paths.root())
        .arg("deb")
        .arg(format!("DEB={}", scratch.path().join("deb").display()))
        .env("DEBFULLNAME", "Nobody")
        .env("DEBEMAIL", "nobody@kernel.org");
    exec::logged(&mut make, &paths.log("deb")?)
}

/// The root directory that has the tools. Unpacked once.
fn tools(paths: &Paths) -> Result<Root> {
    let dir = paths.cache().join(format!("deb-{}", short_hash(TOOLS)));
    if dir.exists() {
        return Ok(Root::at(dir));
    }
    let tmp = paths.scratch()?;
    let log = paths.log("deb-tools")?;
    let _progress = Progress::new(
        "DEB",
        "downloading tools for the package, nothing is installed",
        0,
    );
    let apt = Apt::fetch(Kind::Packages, SUITES, &tmp.path().join("apt"), &log)?;
    let closure = apt.closure(TOOLS)?;
    let files = apt.download(&closure, &tmp.path().join("debs"), &log)?;
    let unpacked = tmp.path().join("root");
    Root::unpack(&unpacked, &files, &log)?;
    // What a script of base-files would do.
    symlink("debian", unpacked.join("etc/dpkg/origins/default"))?;
    paths::remove(&dir)?;
    fs::rename(unpacked, &dir)?;
    Ok(Root::at(dir))
}
