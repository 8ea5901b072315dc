// SPDX-License-Identifier: GPL-2.0

//! Proves what the fence of C drivers is good for: has drivers make the classic mistakes in a guest
//! with KASAN and debug objects, without the fence and with it. `Documentation/c-drivers.rst` has to say the same.

use anyhow::{Context, Result, ensure};
use fs_err as fs;

use crate::campaign;
use crate::guest::Programs;
use crate::kernel::Kernel;
use crate::log;
use crate::machine::Machine;
use crate::paths::Paths;
use crate::provoke;
use crate::qemu::Mode;
use crate::report::Report;
use crate::workload::Workload;

/// What it depends on, beside the guest and the framework.
pub const INPUTS: &[&str] = &[PAGE, "tests/c-drivers"];

/// What the page says of it.
const PAGE: &str = "Documentation/c-drivers.rst";

/// What a checker of the kernel says of a mistake, and what the page does.
type Words = (&'static str, &'static str);

const USE_AFTER_FREE: Words = ("KASAN: slab-use-after-free", "use after free");
const ACTIVE_TIMER: Words = ("ODEBUG: free active", "free of a timer");

/// A mistake that a driver makes.
#[derive(Debug)]
struct Mistake {
    /// The program that makes it, without what its name ends with.
    program: &'static str,
    words: Words,
    /// A function that the report names.
    culprit: &'static str,
    /// The first cells of the page's row.
    cells: &'static [&'static str],
    /// Whose it is.
    driver: Driver,
}

#[derive(Clone, Copy, Debug)]
enum Driver {
    /// testfault, whose mistakes are made with the fence as well.
    Testfault,
    /// The kernel's own, which tests/user/tests/c_drivers.rs has with the fence.
    Kcs,
}

impl Mistake {
    /// The script that makes it.
    fn script(&self) -> &'static str {
        match self.driver {
            Driver::Testfault => "mistake",
            Driver::Kcs => "kcs",
        }
    }

    /// What it is called without the fence, and with it.
    fn programs(&self) -> impl Iterator<Item = String> {
        let ends: &[&str] = match self.driver {
            Driver::Testfault => &["-before", "-after"],
            Driver::Kcs => &[""],
        };
        ends.iter().map(|end| format!("{}{end}", self.program))
    }

    /// Judges what the kernel said of it, without the fence and with it.
    fn judge(&self, console: &str, page: &str) -> Result<()> {
        let mut said = self.programs().map(|name| (phase(console, &name), name));
        let (before, name) = said.next().context("a mistake has no program")?;
        ensure!(
            before.contains(self.words.0) && before.contains(self.culprit),
            "{name} is wrong, and the kernel did not say that of {}",
            self.culprit
        );
        for (after, name) in said {
            let splats = log::scan(&after).splats;
            ensure!(splats.is_empty(), "{name}: {}", splats[0].text);
        }
        let known = cells(page).any(|row| {
            row.starts_with(self.cells) && row.get(self.cells.len()) == Some(&self.words.1)
        });
        ensure!(known, "{PAGE} does not say that of {:?}", self.cells);
        Ok(())
    }
}

const MISTAKES: &[Mistake] = &[
    Mistake {
        program: "teardown-before-drain",
        words: USE_AFTER_FREE,
        culprit: "testfault_read",
        cells: &["memory is freed while a call is inside"],
        driver: Driver::Testfault,
    },
    Mistake {
        program: "timer-restarted",
        words: ACTIVE_TIMER,
        culprit: "testfault_expired",
        cells: &["a call starts a timer that was deleted"],
        driver: Driver::Testfault,
    },
    Mistake {
        program: "use-after-unbind",
        words: USE_AFTER_FREE,
        culprit: "testfault_write",
        cells: &["a file is open for longer than devres memory is there"],
        driver: Driver::Testfault,
    },
    Mistake {
        program: "kcs-reader",
        words: USE_AFTER_FREE,
        culprit: "kcs_bmc_ipmi_read",
        cells: &["``kcs_bmc_cdev_ipmi.c``", "sleeping reader"],
        driver: Driver::Kcs,
    },
    Mistake {
        program: "kcs-poller",
        words: USE_AFTER_FREE,
        culprit: "poll_freewait",
        cells: &["``kcs_bmc_cdev_ipmi.c``", "sleeping poller"],
        driver: Driver::Kcs,
    },
    Mistake {
        program: "kcs-file",
        words: USE_AFTER_FREE,
        culprit: "kcs_bmc_ipmi_write",
        cells: &["``kcs_bmc_cdev_ipmi.c``", "open file"],
        driver: Driver::Kcs,
    },
];

/// Succeeds when the kernel reports each mistake without the fence and none with it, and the page says so.
pub fn check(paths: &Paths, kernel: &Kernel) -> Result<()> {
    let mut machine = Machine::new(paths, kernel, Mode::Mistakes);
    // It reports one only, else.
    machine.words.push("kasan_multi_shot".to_owned());
    let mut programs = Programs::new();
    for mistake in MISTAKES {
        let script = paths.root().join(provoke::DIR).join(mistake.script());
        programs.extend(mistake.programs().map(|name| (name, script.clone())));
    }
    let mut report = Report::silent();
    campaign::run(&machine, Workload::all(programs), &mut report, None)?;
    let others = provoke::but_for_the_log(&report);
    ensure!(
        others.is_empty(),
        "not as they were made to fail: {others:?}"
    );
    let console = fs::read_to_string(paths.log(&format!("{}-console", machine.name))?)?;
    let page = fs::read_to_string(paths.root().join(PAGE))?;
    MISTAKES
        .iter()
        .try_for_each(|mistake| mistake.judge(&console, &page))
}

/// What the kernel said while the program `name` ran.
fn phase(console: &str, name: &str) -> String {
    let begins = format!("{}user {name}", log::PHASE);
    let lines = console.lines().map(log::without_time);
    let after = lines.skip_while(|line| *line != begins).skip(1);
    let of_it: Vec<_> = after
        .take_while(|line| !line.starts_with(log::PHASE))
        .collect();
    of_it.join("\n")
}

/// The rows of the page's tables.
fn cells(page: &str) -> impl Iterator<Item = Vec<&str>> {
    page.lines().map(|line| {
        let cells = line.split("  ").map(str::trim);
        cells.filter(|cell| !cell.is_empty()).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::{cells, phase};

    #[test]
    fn phases() {
        let log = "[ 1.0] devscope: phase user a\n[ 1.1] [  T9] x\n\
                   [ 2.0] devscope: phase user ab\n[ 2.1] y\n";
        assert_eq!(phase(log, "a"), "x");
        assert_eq!(phase(log, "ab"), "y");
        assert_eq!(phase(log, "b"), "");
    }

    #[test]
    fn rows() {
        let rows: Vec<_> = cells("===  ===\na b  c\n\n").collect();
        assert_eq!(rows, [vec!["===", "==="], vec!["a b", "c"], vec![]]);
    }
}
