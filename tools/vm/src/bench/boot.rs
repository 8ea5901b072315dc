// SPDX-License-Identifier: GPL-2.0

//! The machines in which something is measured, each of which is booted if it is needed.

use std::path::PathBuf;

use anyhow::{Context, Result};
use fs_err as fs;
use strum::{IntoStaticStr, VariantArray};

use crate::exec;
use crate::kernel::Kernel;
use crate::machine::Machine;
use crate::paths::Paths;
use crate::qemu::{self, Mode, QEMU};
use crate::select::Selection;

/// A kind of machine, in the order in which they are booted, with its name in the guest.
/// tests/user/src/bin/bench/main.rs says what is measured in which.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "lowercase", const_into_str)]
pub enum Boot {
    /// Its clock counts instructions.
    Counts,
    /// The same, and the emulator looks at what is written.
    Watches,
    /// Its CPUs run at once, as many as there can be, and its clock is the host's.
    Plain,
}

/// The plugin that looks at what is written.
const PLUGIN: &str = "tools/vm/plugin/lines.c";
/// The first QEMU whose plugins are such.
const QEMU_WITH_PLUGINS: u32 = 9;
/// What is said of an older one.
pub const TOO_OLD: &str = "QEMU is older than 9, whose plugins are other ones";
/// How many CPUs there are where they run at once.
const CPUS: &str = "4";

impl Boot {
    /// What is measured in it and in no other, if that is one thing.
    fn row(self) -> Option<&'static str> {
        match self {
            Self::Counts => None,
            Self::Watches => Some("shared-lines"),
            Self::Plain => Some("throughput"),
        }
    }

    /// Whether what `rows` names may be measured in it.
    pub fn is_for(self, rows: &str) -> Result<bool> {
        let others = || Self::VARIANTS.iter().filter_map(|it| it.row());
        Ok(match self.row() {
            Some(row) => Selection::new(rows)?.has(&[row]),
            None => {
                let mut rows = rows.split_whitespace().peekable();
                rows.peek().is_none() || rows.any(|row| others().all(|it| it != row))
            }
        })
    }

    /// Whether there can be such a machine here.
    pub fn is_possible(self) -> Result<bool> {
        if self != Self::Watches {
            return Ok(true);
        }
        let says = exec::output(exec::command(exec::find(QEMU)?).arg("--version"))?;
        let version = major(&says).with_context(|| format!("which QEMU is this? {says}"))?;
        Ok(version >= QEMU_WITH_PLUGINS)
    }

    /// Where the plugin says what it saw.
    pub fn seen(paths: &Paths) -> PathBuf {
        paths.build("plugin").join("lines.txt")
    }

    /// The machine.
    pub fn machine<'a>(
        self,
        paths: &'a Paths,
        kernel: &'a Kernel,
        rows: &str,
    ) -> Result<Machine<'a>> {
        let mut machine = Machine::new(paths, kernel, Mode::Bench);
        let words: Vec<_> = [self.into_str()]
            .into_iter()
            .chain(rows.split_whitespace())
            .collect();
        machine
            .words
            .push(format!("devscope.bench={}", words.join(",")));
        if self != Self::Counts {
            machine.name = format!("{}-{}", machine.name, self.into_str());
        }
        match self {
            Self::Counts => {}
            Self::Watches => machine.arguments = plugin(paths)?.into(),
            Self::Plain => {
                machine.counts = false;
                machine.arguments = ["-smp", CPUS].map(str::to_owned).into();
            }
        }
        Ok(machine)
    }
}

/// Builds the plugin; the arguments that have it loaded.
fn plugin(paths: &Paths) -> Result<[String; 2]> {
    let seen = Boot::seen(paths);
    let library = seen.with_extension("so");
    fs::create_dir_all(paths.build("plugin"))?;
    let mut compiler = exec::command("cc");
    compiler.args(["-O2", "-Wall", "-Werror", "-shared", "-fPIC"]);
    compiler.args(["-fvisibility=hidden", "-o"]).arg(&library);
    compiler.arg(paths.root().join(PLUGIN));
    exec::logged(&mut compiler, &paths.log("plugin")?)?;
    let (library, seen) = (qemu::word(&library)?, qemu::word(&seen)?);
    Ok(["-plugin".to_owned(), format!("file={library},out={seen}")])
}

/// The number before the first point.
fn major(version: &str) -> Option<u32> {
    let word = version
        .split_whitespace()
        .find(|it| it.starts_with(|it: char| it.is_ascii_digit()))?;
    word.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::{Boot, major};

    #[test]
    fn versions() {
        assert_eq!(
            major("QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2)"),
            Some(10)
        );
        assert_eq!(major("QEMU"), None);
    }

    #[test]
    fn what_is_booted() {
        let booted = |rows: &str| {
            Boot::VARIANTS
                .iter()
                .map(|it| it.is_for(rows).expect("patterns"))
                .collect::<Vec<_>>()
        };
        assert_eq!(booted(""), [true; 3]);
        assert_eq!(booted("shared-lines"), [false, true, false]);
        assert_eq!(booted("throughput disk"), [true, false, true]);
        assert_eq!(booted("fences-*"), [true, false, false]);
        assert_eq!(booted("*"), [true; 3]);
    }
}
