// SPDX-License-Identifier: GPL-2.0

//! A root directory with the programs of another Debian, unpacked and not installed: compilers that
//! this machine has not. bubblewrap has a program see its /usr and /etc, and this machine's
//! files everywhere else.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use fs_err::{self as fs, os::unix::fs::symlink};

use crate::apt;
use crate::exec;

/// What the other Debian has of its own. The rest of a root directory is this machine's.
const OWN: &[&str] = &[
    "usr", "etc", "bin", "sbin", "lib", "lib32", "lib64", "libx32",
];

/// What bubblewrap makes.
const MADE: &[&str] = &["proc", "dev", "sys"];

/// Links that a package's script would make where it is installed.
const LINKS: &[(&str, &str)] = &[("cc", "gcc"), ("awk", "gawk")];

/// Whether programs can be shown another root directory here; a container may forbid it.
pub fn works() -> bool {
    exec::output(exec::command("bwrap").args(["--ro-bind", "/", "/", "true"])).is_ok()
}

/// The directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    dir: PathBuf,
}

impl Root {
    /// The one that is in `dir`.
    pub fn at(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Unpacks the packages `files` into `dir`.
    pub fn unpack(dir: &Path, files: &[PathBuf], log: &Path) -> Result<Self> {
        apt::unpack(files, dir, log)?;
        for (link, target) in LINKS {
            let link = dir.join("usr/bin").join(link);
            if fs::symlink_metadata(&link).is_err() {
                symlink(target, link)?;
            }
        }
        Ok(Self::at(dir.to_owned()))
    }

    /// A command whose program is `program` of this root.
    pub fn command(&self, program: &str) -> Result<Command> {
        let mut command = exec::command("bwrap");
        for entry in fs::read_dir("/")? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let elsewhere = OWN.contains(&&*name) || MADE.contains(&&*name);
            if path.is_dir() && !path.is_symlink() && !elsewhere {
                command.arg("--bind").arg(&path).arg(&path);
            }
        }
        for name in ["usr", "etc"] {
            command.arg("--ro-bind").arg(self.dir.join(name));
            command.arg(format!("/{name}"));
        }
        for name in ["bin", "sbin", "lib", "lib64"] {
            command.args(["--symlink", &format!("usr/{name}"), &format!("/{name}")]);
        }
        command.args(["--proc", "/proc", "--dev", "/dev", "--die-with-parent"]);
        // Root there, as far as anyone can see.
        if !rustix::process::geteuid().is_root() {
            command.args(["--unshare-user", "--uid", "0", "--gid", "0"]);
        }
        command.args(["--setenv", "PATH", "/usr/bin:/usr/sbin", "--", program]);
        Ok(command)
    }

    /// Whether it has the program `name`.
    pub fn has(&self, name: &str) -> bool {
        self.dir.join("usr/bin").join(name).exists()
    }

    /// A file of it, as this machine sees it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}
