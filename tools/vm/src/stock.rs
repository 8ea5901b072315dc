// SPDX-License-Identifier: GPL-2.0

//! Debian's own kernel, as its package has it. For modules in Rust it lacks the metadata of the
//! kernel's crates, which is made again here: from the same source, with the same configuration and
//! the same compilers. The crates' symbols must then be those that the kernel exports.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fs_err as fs;

use crate::apt::{self, Apt, Kind};
use crate::built::{self, STAMP};
use crate::config::Config;
use crate::disk;
use crate::exec;
use crate::kernel::{Kernel, short_hash};
use crate::lock;
use crate::paths::{self, Paths};
use crate::progress::Progress;
use crate::root::{self, Root};
use crate::source::Source;
use crate::toolchain::Build;
use crate::ui;
use crate::version::{self, SERIES};

/// What people run, and where its new kernels are.
const SUITES: &[&str] = &["trixie", "trixie-backports"];

/// What a kernel build runs beside the compilers; and DKMS, for its test.
#[rustfmt::skip]
const TOOLS: &[&str] = &[
    "dkms", "kmod", "make", "bash", "dash", "coreutils", "sed", "gawk", "grep", "findutils", "diffutils", "perl-base",
    "python3-minimal", "gzip", "xz-utils", "flex", "bison", "bc", "libc6-dev", "libelf-dev", "libssl-dev",
];

/// About how many lines the build of the crates prints.
const LINES: u64 = 190;

/// The directories of one kernel in the cache.
struct Place {
    dir: PathBuf,
}

impl Place {
    const PREFIX: &str = "stock-";

    fn new(paths: &Paths, release: &str) -> Self {
        let name = format!("{}{release}{}", Self::PREFIX, Self::suffix());
        Self {
            dir: paths.cache().join(name),
        }
    }

    /// Another list is another directory.
    fn suffix() -> String {
        format!("-{}", short_hash(TOOLS))
    }

    fn release(name: &str) -> Option<&str> {
        name.strip_prefix(Self::PREFIX)?
            .strip_suffix(&Self::suffix())
    }

    /// Compilers, headers, image and modules, from packages.
    fn root(&self) -> Root {
        Root::at(self.dir.join("root"))
    }

    /// What is made: KDIR.
    fn build(&self) -> PathBuf {
        self.dir.join("build")
    }

    fn is_complete(&self) -> bool {
        self.build().join(STAMP).exists()
    }

    fn kernel(&self) -> Result<Kernel> {
        let (root, dir) = (self.root(), self.build());
        let release = version::of_build(&dir)?;
        let installed = root.file(&format!("usr/lib/modules/{release}"));
        let build = Build::of_kernel(&Config::of_build(&dir)?, Some(root), Path::new(""))?;
        Ok(Kernel::installed("stock", dir, build, installed))
    }
}

/// The kernel that has the build directory `dir`, if that is one of those made here.
pub fn prepared(dir: &Path) -> Result<Option<Kernel>> {
    let Some(parent) = dir.parent() else {
        return Ok(None);
    };
    let place = Place {
        dir: parent.to_owned(),
    };
    let ours = place.build() == dir && place.is_complete() && place.root().has("bindgen");
    ours.then(|| place.kernel()).transpose()
}

/// The programs of the Debian that the stock kernel `kernel` is of.
pub fn root(kernel: &Kernel) -> Root {
    Root::at(kernel.dir().with_file_name("root"))
}

/// The kernel `release`, or the newest that there is here, or else in Debian.
pub fn kernel(paths: &Paths, release: Option<&str>) -> Result<Kernel> {
    if let Some(place) = present(paths, release)? {
        return place.kernel();
    }
    let _lock = lock::cache(paths, "lock")?;
    if let Some(place) = present(paths, release)? {
        return place.kernel();
    }
    if !root::works() {
        bail!(
            "the compilers of Debian's kernel are run with bubblewrap, which needs user namespaces \
             or root's rights, and cannot work here; use KERNEL=lean"
        );
    }
    disk::require(paths.cache(), disk::STOCK_GIB)?;
    make(paths, release)?.kernel()
}

/// Whether [`kernel`] has nothing to do.
pub fn is_here(paths: &Paths, release: Option<&str>) -> Result<bool> {
    Ok(present(paths, release)?.is_some())
}

fn present(paths: &Paths, release: Option<&str>) -> Result<Option<Place>> {
    if let Some(release) = release {
        let place = Place::new(paths, release);
        return Ok(place.is_complete().then_some(place));
    }
    let releases = version::cached(paths.cache(), Place::release)?;
    let mut places = releases.iter().map(|release| Place::new(paths, release));
    Ok(places.rfind(Place::is_complete))
}

fn make(paths: &Paths, release: Option<&str>) -> Result<Place> {
    let tmp = paths.cache().join("tmp-stock");
    paths::remove(&tmp)?;
    let log = paths.log("stock")?;

    let progress = Progress::new("STOCK", "looking for Debian's kernel and its compilers", 0);
    let apt = Apt::fetch(Kind::Packages, SUITES, &tmp.join("apt"), &log)?;
    let release = match release {
        Some(release) => release.to_owned(),
        None => newest(&apt)?,
    };
    version::require("Debian's kernel", &release)?;
    let headers = tmp.join("headers");
    let package = format!("linux-headers-{release}");
    let files = apt
        .download(std::slice::from_ref(&package), &headers, &log)
        .with_context(|| format!("{} has no kernel {release} for amd64", SUITES.join(", ")))?;
    apt::unpack(&files, &headers, &log)?;
    let config = headers.join(format!("usr/src/{package}/.config"));
    let wanted = wanted(&apt, &release, &Config::read(&config)?)?;
    let wanted: Vec<_> = wanted.iter().map(String::as_str).collect();
    let closure = apt.closure(&wanted)?;
    drop(progress);

    let count = closure.len();
    let text = format!("downloading {count} packages, nothing is installed");
    let progress = Progress::new("STOCK", &text, 0);
    let files = apt.download(&closure, &tmp.join("debs"), &log)?;
    drop(progress);

    let place = Place::new(paths, &release);
    paths::remove(&place.dir)?;
    fs::create_dir(&place.dir)?;
    let progress = Progress::new("STOCK", "unpacking them", 0);
    Root::unpack(&place.root().file(""), &files, &log)?;
    paths::remove(&tmp)?;
    drop(progress);

    let version = release.split('+').next().unwrap_or(&release);
    let source = Source::release(paths, version)?;
    build(paths, &place, &release, &source)?;
    Ok(place)
}

/// The newest release of the series that has an image for all machines.
fn newest(apt: &Apt) -> Result<String> {
    let names = apt.search(&format!("^linux-image-{SERIES}[0-9.]*[+]deb[0-9]*-amd64$"))?;
    let releases = names
        .iter()
        .filter_map(|name| name.strip_prefix("linux-image-"));
    let newest = releases.max_by_key(|release| version::patch_level(release));
    let newest = newest.with_context(|| format!("{} has no Linux {SERIES}", SUITES.join(", ")))?;
    Ok(newest.to_owned())
}

/// The packages of the kernel `release` and of what it was built with, as its configuration says.
fn wanted(apt: &Apt, release: &str, config: &Config) -> Result<Vec<String>> {
    let rustc = config.value("RUSTC_VERSION_TEXT")?;
    let rustc = rustc.split(' ').nth(1).unwrap_or_default();
    let bindgen = config.value("BINDGEN_VERSION_TEXT")?;
    let bindgen = bindgen.trim_start_matches("bindgen ");
    let text = config.value("CC_VERSION_TEXT")?;
    let gcc = text.split(' ').next().unwrap_or_default();
    let gcc = gcc.trim_start_matches("x86_64-linux-gnu-");
    let llvm = config.major("RUSTC_LLVM_VERSION")?;
    let exactly = |package: &str, version: &str| -> Result<String> {
        let versions = apt.versions(package)?;
        let fits = |there: &&String| {
            let rest = there.strip_prefix(version);
            rest.is_some_and(|rest| rest.starts_with(['+', '-', '~']))
        };
        let found = versions.iter().find(fits).with_context(|| {
            format!(
                "Linux {release} was built with {package} {version}, and Debian has {versions:?}"
            )
        })?;
        Ok(format!("{package}={found}"))
    };
    let mut wanted: Vec<_> = TOOLS.iter().map(|name| (*name).to_owned()).collect();
    wanted.extend([
        exactly("rustc", rustc)?,
        exactly("rust-src", rustc)?,
        exactly("bindgen", bindgen)?,
        gcc.to_owned(),
        format!("clang-{llvm}"),
        format!("llvm-{llvm}"),
        format!("linux-headers-{release}"),
        format!("linux-binary-{release}"),
        format!("linux-modules-{release}"),
    ]);
    Ok(wanted)
}

/// Makes what the headers package leaves out.
fn build(paths: &Paths, place: &Place, release: &str, source: &Source) -> Result<()> {
    let log = paths.log("stock-build")?;
    let (root, dir) = (place.root(), place.build());
    let text = format!("building the crates of Debian's Linux {release}");
    let mut progress = Progress::new("STOCK", &text, LINES);
    let script = paths.root().join("tools/kdir.sh");
    let mut make = root.command("sh")?;
    make.arg(script).arg(source.dir());
    make.arg(format!("/usr/src/linux-headers-{release}"))
        .arg(&dir);
    let mut last = String::new();
    exec::lines(&mut make, &log, |line| {
        built::tick(&mut progress, line);
        line.clone_into(&mut last);
    })?;
    drop(progress);
    ui::step("STOCK", &last);
    // The kernel's tool for the guest's file system, which runs on this machine.
    fs::create_dir_all(dir.join("usr"))?;
    let mut cc = exec::command("cc");
    cc.arg("-O2").arg("-o").arg(dir.join("usr/gen_init_cpio"));
    exec::logged(cc.arg(source.dir().join("usr/gen_init_cpio.c")), &log)?;
    paths::write(&dir.join(STAMP), "")
}
