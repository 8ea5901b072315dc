// SPDX-License-Identifier: GPL-2.0

//! The visible traces of a bound driver. After unbind, they are the same as before bind.

use std::{collections::BTreeSet, fs, path::Path};

/// The traces at one time.
///
/// Compare two of them with `assert_eq!`.
#[derive(Debug, PartialEq, Eq)]
pub struct Traces {
    nodes: BTreeSet<String>,
    devices: BTreeSet<String>,
    misc: BTreeSet<String>,
    memory: BTreeSet<String>,
    interrupts: BTreeSet<String>,
    attributes: BTreeSet<String>,
    users: String,
}

impl Traces {
    /// Those of all drivers, of the module `driver` and of the device at `sysfs`.
    pub fn now(driver: &str, sysfs: &Path) -> Self {
        Self {
            nodes: names("/dev".as_ref()),
            devices: names("/sys/class/misc".as_ref()),
            misc: lines("/proc/misc"),
            memory: lines("/proc/iomem"),
            interrupts: lines("/proc/interrupts")
                .iter()
                .map(|line| without_counts(line))
                .collect(),
            attributes: names(sysfs),
            users: text(&format!("/sys/module/{driver}/refcnt")),
        }
    }
}

fn names(dir: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
    let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("a name in UTF-8");
    entries.flatten().map(name).collect()
}

fn text(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn lines(file: &str) -> BTreeSet<String> {
    text(file).lines().map(str::to_owned).collect()
}

/// A line of /proc/interrupts without the counts.
fn without_counts(line: &str) -> String {
    let word = |word: &&str| word.parse::<u64>().is_err();
    line.split_whitespace()
        .filter(word)
        .collect::<Vec<_>>()
        .join(" ")
}
