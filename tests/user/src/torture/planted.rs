// SPDX-License-Identifier: GPL-2.0

//! The driver `tests/kmod/testfault`, which has one of several faults, and the table of its faults,
//! which is read from the documentation.

use super::{reloads, run, Report};
use crate::{
    module::{is_loaded, load, unload},
    wait_until, HANG,
};
use std::{fs, path::Path, time::Duration};

const MODULE: &str = "testfault";
const NODE: &str = "/dev/testfault";
const RELEASE: &str = "/sys/module/testfault/parameters/release";

const PAGE: &str = include_str!("../../../../Documentation/torture.rst");
/// The first cell of the table.
const HEAD: &str = "fault  ";
/// The entry for a fault that is found without a checker of the kernel.
const NOTHING: &str = "nothing";
const LOCKDEP: &str = "lockdep";
const RELOAD: &str = "reload";

/// How long an unbind may take, in ms: a fault that blocks it does so without end.
const HANG_MS: &str = "2500";
/// After how many seconds a fault must be found.
const PATIENCE: u64 = 60;

/// The driver, loaded.
pub struct TestFault(());

impl TestFault {
    /// Loads it with a fault.
    ///
    /// # Panics
    ///
    /// If that fails, such as when it has no such fault.
    pub fn load(fault: &str) -> Self {
        load(MODULE, &format!("fault={fault}")).unwrap_or_else(|e| panic!("{MODULE} {fault}: {e}"));
        let it = Self(());
        let there = wait_until(HANG, || Path::new(NODE).exists());
        assert!(there, "there is no {NODE}");
        it
    }
}

impl Drop for TestFault {
    fn drop(&mut self) {
        // Ends sleeps that no signal ends, and drops references that were kept.
        let _ = fs::write(RELEASE, "1");
        // The module is not loaded if the tool could not load it again.
        if !wait_until(HANG, || !is_loaded(MODULE) || unload(MODULE).is_ok()) {
            eprintln!("rmmod {MODULE}: it is in use");
        }
    }
}

/// A row of the table.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    /// The way to unplug the device that finds it.
    by: &'static str,
    /// The checker of the kernel that is needed to find it, or [`NOTHING`].
    needs: &'static str,
    /// The names that the tool may report for it.
    kinds: Vec<&'static str>,
    /// The words that the tool reports for it.
    says: &'static str,
    /// The number of acts within which it has to be found.
    acts: u64,
}

impl Fault {
    /// All of them.
    pub fn all() -> Vec<Self> {
        rows(PAGE)
    }

    /// Whether no checker of the kernel is needed.
    pub fn is_plain(&self) -> bool {
        self.needs == NOTHING
    }

    /// Runs the tool to find it.
    ///
    /// # Errors
    ///
    /// If the tool finds nothing, or another fault.
    pub fn find(&self) -> Result<Report, String> {
        let driver = TestFault::load(self.name);
        let acts = self.acts.to_string();
        let mut arguments = vec!["--acts", &acts, "--by", self.by, "--unbind-limit", HANG_MS];
        let reloads = reloads(MODULE, &format!("fault={}", self.name));
        if self.by == RELOAD {
            arguments.extend(reloads.iter().map(String::as_str));
        }
        if self.needs == "kmemleak" {
            arguments.push("--leaks");
        }
        let report = run(Path::new(NODE), Some(MODULE), PATIENCE, &arguments);
        drop(driver);
        let found = report.findings.first();
        let is_it = found.is_some_and(|it| {
            self.kinds.contains(&it.kind.as_str()) && it.text.contains(self.says)
        });
        match is_it {
            true => Ok(report),
            false => Err(format!("{}: it is {self:?}\n{}", self.name, report.text)),
        }
    }

    /// Runs the tool for each of some faults, and prints the results. Returns those not found.
    pub fn find_all(
        faults: impl Iterator<Item = Self>,
        mut begin: impl FnMut(&str),
        mut tell: impl FnMut(&str),
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut faults: Vec<_> = faults.collect();
        // The first report of another checker turns lockdep off.
        faults.sort_by_key(|it| it.needs != LOCKDEP);
        for fault in faults {
            begin(fault.name);
            match fault.find() {
                Err(why) => wrong.push(why),
                Ok(report) => {
                    let it = &report.findings[0];
                    tell(&format!(
                        "{:<22} {} after {} acts, {:.1} s: {}",
                        fault.name, it.kind, it.acts, it.seconds, it.text
                    ));
                }
            }
            // A task that was released may still run code of the module.
            std::thread::sleep(Duration::from_millis(20));
        }
        wrong
    }
}

/// The rows of the table in `page`.
fn rows(page: &'static str) -> Vec<Fault> {
    let lines = page.lines().skip_while(|line| !line.starts_with(HEAD));
    let lines = lines.skip(2).take_while(|line| !line.starts_with("=="));
    lines.map(row).collect()
}

/// Parses a row. Two spaces or more separate its cells.
fn row(line: &'static str) -> Fault {
    let cells = line.split("  ").map(str::trim);
    let cells: Vec<_> = cells.filter(|cell| !cell.is_empty()).collect();
    let [name, by, needs, kinds, says, acts] = cells[..] else {
        panic!("no fault: {line}");
    };
    Fault {
        name,
        by,
        needs,
        kinds: kinds.split(" or ").collect(),
        says,
        acts: acts.parse().expect("a number of acts"),
    }
}

#[cfg(test)]
mod tests {
    use super::{rows, Fault};

    /// The source with the names of the faults.
    const DRIVER: &str = include_str!("../../../kmod/testfault/main.c");

    #[test]
    fn table() {
        let page =
            "text\n\nfault  by\n=====  ===\na-b    unbind  nothing  x or y  of it  5\n====\nz\n";
        let found = rows(page);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].name, found[0].acts), ("a-b", 5));
        assert_eq!(found[0].kinds, ["x", "y"]);
        assert!(found[0].is_plain());
    }

    #[test]
    fn each_fault_is_in_the_table() {
        let named = DRIVER.lines().filter_map(|line| {
            let name = line.trim().strip_prefix("[TESTFAULT_")?.split('"').nth(1)?;
            (name != "none").then_some(name)
        });
        let named: Vec<_> = named.collect();
        let all = Fault::all();
        let listed: Vec<_> = all.iter().map(|it| it.name).collect();
        assert_eq!(named, listed);
        assert!(listed.len() > 10);
    }
}
