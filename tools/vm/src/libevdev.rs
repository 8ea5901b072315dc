// SPDX-License-Identifier: GPL-2.0

//! The test programs of libevdev, through which most programs use `/dev/input/eventN`. No package
//! has them: they are built from the sources of Debian's, as upstream releases them. What their
//! checks are counted with, the library check, is built too. All of it is linked statically, since
//! the guest's programs come with another C library than the host's.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use fs_err as fs;

use crate::apt::{Apt, Kind};
use crate::exec;
use crate::paths;
use crate::progress::Progress;
use crate::ui;

/// Suites that may have the sources. The stable one comes first: its tests stay the same.
const SUITES: &[&str] = &["trixie", "forky", "sid"];

/// The source packages; the second is built with the first.
const CHECK: &str = "check";
const LIBEVDEV: &str = "libevdev";

/// The programs; upstream has two more, which use no device.
const PROGRAMS: &[&str] = &["test-kernel", "test-libevdev", "test-uinput"];

/// Where the guest finds them, in the tree of its programs.
const PLACE: &str = "usr/libexec/libevdev";

/// Changes when they are made in another way.
pub const RECIPE: &str = "libevdev 1";

/// What means something to a configure script and must not leak in from the caller, beside what no
/// command gets.
const CLEARED: &[&str] = &["CONFIG_SITE", "CPPFLAGS", "LIBS", "CPATH", "LIBRARY_PATH"];

/// What builds releases of upstream, in directories with their `source` and `build`.
#[derive(Debug)]
struct Builder<'a> {
    progress: Progress,
    log: &'a Path,
}

/// Downloads the sources, builds them in `dir`, and puts the programs into `tree`.
pub fn add(tree: &Path, dir: &Path, log: &Path) -> Result<()> {
    let progress = Progress::new("PROGRAMS", "downloading libevdev's tests", 0);
    let archives = download(dir, log)?;
    drop(progress);

    let [check, libevdev] = [CHECK, LIBEVDEV].map(|name| dir.join(name));
    let progress = Progress::new("PROGRAMS", "building them", 0);
    let mut builder = Builder { progress, log };
    builder.unpack(&archives[0], &check)?;
    builder.configure(&check, &["--disable-subunit", "--disable-build-docs"])?;
    builder.make(&check, "lib", &[])?;
    builder.make(&check, "src", &["libcheck.la"])?;

    builder.unpack(&archives[1], &libevdev)?;
    let built = check.join("build");
    let built = built.display();
    let cflags = format!("CHECK_CFLAGS=-I{built} -I{built}/src");
    let libs = format!("CHECK_LIBS={built}/src/.libs/libcheck.a -lm -lrt -lpthread");
    builder.configure(&libevdev, &[&cflags, &libs])?;
    builder.make(&libevdev, "libevdev", &[])?;
    let programs = [&["LDFLAGS=-all-static"], PROGRAMS].concat();
    builder.make(&libevdev, "test", &programs)?;

    let place = tree.join(PLACE);
    fs::create_dir_all(&place)?;
    for name in PROGRAMS {
        let program = libevdev.join("build/test").join(name);
        fs::copy(&program, place.join(name))?;
    }
    Ok(())
}

/// Downloads both archives, from the first suite that has them. A mirror may list a source that it
/// does not have.
fn download(dir: &Path, log: &Path) -> Result<[PathBuf; 2]> {
    let mut result = None;
    for suite in SUITES {
        let from = dir.join(suite);
        let both = || -> Result<_> {
            let apt = Apt::fetch(Kind::Sources, &[suite], &from.join("apt"), log)?;
            let get = |name| apt.download_source(name, &from.join(name), log);
            Ok([get(CHECK)?, get(LIBEVDEV)?])
        };
        match both() {
            Ok(archives) => return Ok(archives),
            Err(error) => {
                ui::step("PROGRAMS", &format!("not to be had from {suite}"));
                result = Some(error);
            }
        }
    }
    Err(result.context("there is no suite to look at")?)
        .with_context(|| format!("none of {} has libevdev's tests", SUITES.join(", ")))
}

impl Builder<'_> {
    /// Unpacks an archive into the directory `dir`.
    fn unpack(&self, archive: &Path, dir: &Path) -> Result<()> {
        paths::remove(dir)?;
        let (source, build) = (dir.join("source"), dir.join("build"));
        for dir in [&source, &build] {
            fs::create_dir_all(dir)?;
        }
        exec::untar(archive, &source, self.log)
    }

    fn configure(&mut self, dir: &Path, options: &[&str]) -> Result<()> {
        let mut configure = exec::command(dir.join("source/configure"));
        configure
            .args(["--disable-shared", "--enable-static", "CFLAGS=-O2"])
            .args(options)
            .current_dir(dir.join("build"));
        self.run(configure)
    }

    fn make(&mut self, dir: &Path, below: &str, what: &[&str]) -> Result<()> {
        let mut make = exec::command("make");
        make.arg(exec::jobs())
            .arg("-C")
            .arg(dir.join("build").join(below))
            // What upstream has generated is never older than what it is generated from.
            .args(["ACLOCAL=:", "AUTOCONF=:", "AUTOHEADER=:", "AUTOMAKE=:"])
            .args(what);
        self.run(make)
    }

    fn run(&mut self, mut command: Command) -> Result<()> {
        for name in CLEARED {
            command.env_remove(name);
        }
        exec::lines(&mut command, self.log, |_| self.progress.tick(""))
    }
}
