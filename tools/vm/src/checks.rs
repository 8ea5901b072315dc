// SPDX-License-Identifier: GPL-2.0

//! The checks that need no guest of the tests, by the names that `TESTS=` knows. What takes time
//! is not run again while nothing changes that it depends on.

use std::thread;

use anyhow::{Result, anyhow, bail};

use crate::bench::shared;
use crate::checklist::{IN_GUESTS, LONG, NAMES, NEEDS, TEMPLATE, TOOLS};
use crate::deb;
use crate::dkms;
use crate::examples;
use crate::external;
use crate::flavor::Flavor;
use crate::guest;
use crate::hostcheck;
use crate::htmldocs;
use crate::in_tree;
use crate::kernel::Kernel;
use crate::kernels::Kernels;
use crate::layers;
use crate::loads;
use crate::memo::{Inputs, Memo};
use crate::mistakes;
use crate::misuse;
use crate::model;
use crate::modules::FRAMEWORK;
use crate::mutants::{Mutant, Refuted};
use crate::named;
use crate::paths::Paths;
use crate::programs;
use crate::provoke;
use crate::report::Report;
use crate::root;
use crate::run;
use crate::rustfmt;
use crate::safety;
use crate::select::Selection;
use crate::source::Source;
use crate::torture;
use crate::tree;
use crate::workload::Workload;

/// The checks that are asked for.
#[derive(Debug)]
pub struct Checks {
    /// Of [`NAMES`].
    named: Vec<&'static str>,
    /// Of [`IN_GUESTS`].
    in_guests: Vec<&'static str>,
    mutants: Vec<String>,
    misuses: Vec<String>,
    /// Unit tests of the guest's programs, all or some of each.
    unit_tests: bool,
}

impl Checks {
    /// Finds those that `selection` asks for.
    pub fn selected(
        paths: &Paths,
        selection: &Selection,
        units: &[String],
        long: bool,
    ) -> Result<Self> {
        let of = |dir: &str, mut names: Vec<String>| {
            names.retain(|name| selection.has(&[&format!("{dir}/{name}")]));
            names
        };
        let asked_for = |name: &&&str| {
            let left_out = !long && selection.is_all() && LONG.contains(name);
            !left_out && selection.has(&[**name])
        };
        // All are looked for, so that all patterns are used.
        let has_some = |any, name: &String| selection.has_part_of(name) || any;
        let asked_for = |all: &[&'static str]| all.iter().filter(asked_for).copied().collect();
        Ok(Self {
            named: asked_for(NAMES),
            in_guests: asked_for(IN_GUESTS),
            mutants: of("mutant", model::mutants(paths)?),
            misuses: of("compile-fail", misuse::names(paths)?),
            unit_tests: units.iter().fold(false, has_some),
        })
    }

    /// Builds the unit tests that are asked for.
    pub fn unit_tests(&self, paths: &Paths, selection: &Selection) -> Result<Workload> {
        match self.unit_tests {
            true => Workload::selected(guest::unit_tests(paths)?, selection),
            false => Ok(Workload::default()),
        }
    }

    /// Runs those that boot no guest, and `units`; mutants on a thread of their own, for the others
    /// leave processors idle.
    pub fn beside(&self, units: &Workload, bench: &mut Bench<'_>) -> Result<()> {
        let mutants = Mutant::left(&self.mutants, &bench.memo, bench.report)?;
        let paths = bench.paths;
        thread::scope(|scope| {
            let refuted = scope.spawn(|| Refuted::all(mutants, paths));
            self.others(units, bench)?;
            let refuted = refuted.join().map_err(|_| anyhow!("a mutant panics"))?;
            let mut refuted = refuted.into_iter();
            refuted.try_for_each(|it| it.tell(&bench.memo, bench.report))
        })
    }

    /// Runs those that boot guests.
    pub fn in_guests(&self, bench: &mut Bench<'_>) -> Result<()> {
        self.in_guests.iter().try_for_each(|name| bench.check(name))
    }

    /// Runs all but the mutants.
    fn others(&self, units: &Workload, bench: &mut Bench<'_>) -> Result<()> {
        for (name, program) in units.programs() {
            bench.report.begin();
            hostcheck::program(bench.report, name, program, &units.arguments(name))?;
        }
        for name in &self.named {
            bench.check(name)?;
        }
        bench.misuses(&self.misuses)
    }
}

/// The priority of checks beside guests.
const NICE: i32 = 10;

/// Has the thread, and what it starts, leave processors to others.
pub fn stand_back() {
    // Where it may not be, checks are as good.
    let _ = rustix::process::setpriority_process(None, NICE);
}

/// What checks are run with.
pub struct Bench<'a> {
    paths: &'a Paths,
    kernels: &'a Kernels,
    report: &'a mut Report,
    memo: Memo,
}

impl<'a> Bench<'a> {
    /// Reads what has passed before.
    pub fn new(paths: &'a Paths, kernels: &'a Kernels, report: &'a mut Report) -> Result<Self> {
        let memo = Memo::new(paths)?;
        Ok(Self {
            paths,
            kernels,
            report,
            memo,
        })
    }

    /// Runs one of [`NAMES`] or [`IN_GUESTS`].
    fn check(&mut self, name: &str) -> Result<()> {
        let paths = self.paths;
        if let Some((_, option)) = NEEDS.iter().find(|(check, _)| *check == name)
            && !self.kernels.tests()?.has_any(option)?
        {
            let why = format!("it needs a kernel with CONFIG_{option}");
            return self.skip(name, &why);
        }
        match name {
            "loads" => {
                self.report.begin();
                loads::check(paths, &self.kernels.lean()?, self.report)
            }
            "shared-lines" if !shared::is_possible()? => self.skip(name, shared::TOO_OLD),
            "shared-lines" if self.kernels.tests == Flavor::Stock => {
                self.skip(name, "what is known is of the lean kernel")
            }
            "shared-lines" => {
                let kernel = self.kernels.lean()?;
                let inputs = self.with_programs(&kernel)?;
                let title = "calls behind each fence write the shared lines that are known";
                self.one(name, inputs, title, || shared::test(paths, &kernel))
            }
            "tools" => {
                let inputs = self.memo.inputs().trees(TOOLS)?;
                let check = |it: &mut Report| hostcheck::tools(paths, it);
                self.memo.run(name, inputs, self.report, check)
            }
            "model" => {
                let inputs = self.memo.inputs().trees(model::SOURCES)?;
                let check = |it: &mut Report| model::check(paths, it);
                self.memo.run(name, inputs, self.report, check)
            }
            "formatting" => {
                let files = tree::files(paths.root(), rustfmt::INPUTS)?;
                let inputs = self.memo.inputs().trees(&files)?;
                let check = || rustfmt::check(paths);
                self.one(name, inputs, "all Rust is formatted", check)
            }
            "safety" => self.now("no driver has anything unsafe", safety::check(paths)),
            "layers" => {
                let title = "no room of the framework uses one above it";
                self.now(title, layers::check(paths))
            }
            "examples/doc-comments" => {
                let kernel = self.kernels.lean()?;
                let inputs = self.with_drivers(&kernel)?.trees(&[examples::CONTEXT])?;
                let check = |it: &mut Report| examples::compile(paths, &kernel, it);
                self.memo.run("examples", inputs, self.report, check)
            }
            "examples/pages" => {
                self.report.begin();
                examples::find(paths, self.report)
            }
            "htmldocs" => {
                let inputs = self.memo.inputs().trees(&[htmldocs::SOURCES])?;
                let check = || htmldocs::build(paths).map(drop);
                let title = "Sphinx has no warning about Documentation";
                self.one(name, inputs, title, check)
            }
            "named" => {
                self.report.begin();
                named::check(paths, self.report);
                Ok(())
            }
            "external" => {
                let kernel = self.kernels.tests()?;
                let inputs = self.with_drivers(&kernel)?.trees(&[external::DOCUMENTED])?;
                let check = || external::driver(paths, &kernel);
                self.one(name, inputs, "a driver builds outside the clone", check)
            }
            "new-driver" => {
                let kernel = self.kernels.lean()?;
                let inputs = self.with_drivers(&kernel)?.trees(TEMPLATE)?;
                let check = || external::template(paths, &kernel);
                self.one(name, inputs, "what `make new` starts builds", check)
            }
            "complaint" => {
                let title = "a complaint of the kernel fails a run";
                self.in_guest(name, title, &[], provoke::complaint)
            }
            "lockdep" => {
                let title = "lockdep reports gates drained crosswise";
                self.in_guest(name, title, FRAMEWORK, provoke::lockdep)
            }
            "sleep" => {
                let title = "a driver that may not sleep and says it may is reported";
                self.in_guest(name, title, FRAMEWORK, provoke::sleep)
            }
            "mistakes" => {
                let title = "the mistakes of C drivers are reported, and none behind the fence";
                let trees = [FRAMEWORK, mistakes::INPUTS].concat();
                self.in_guest(name, title, &trees, mistakes::check)
            }
            "torture-faults" => {
                let title = "devscope-torture finds what it needs a checker for";
                self.in_guest(name, title, torture::INPUTS, torture::check)
            }
            "hang" => {
                let title = "a hang takes no other program with it";
                self.in_guest(name, title, &[], provoke::hang)
            }
            "stock" | "dkms" | "deb" if !root::works() => {
                self.skip(name, "bubblewrap cannot work here")
            }
            "stock" => {
                let kernel = self.kernels.get(Flavor::Stock)?;
                let inputs = self.with_programs(&kernel)?;
                let check = || run::demo(paths, &kernel);
                self.one(name, inputs, "the demo runs on Debian's own kernel", check)
            }
            "dkms" => {
                let kernel = self.kernels.get(Flavor::Stock)?;
                let inputs = self.with_drivers(&kernel)?.trees(dkms::INPUTS)?;
                let check = || dkms::check(paths, &kernel);
                self.one(name, inputs, "DKMS builds the modules", check)
            }
            "deb" => {
                let inputs = self.memo.inputs().trees(FRAMEWORK)?.trees(deb::INPUTS)?;
                let title = "lintian accepts the Debian package";
                self.one(name, inputs, title, || deb::check(paths))
            }
            "in-tree/patches" => {
                let (source, inputs) = self.in_tree()?;
                let check = || in_tree::patches(paths, &source);
                self.one(name, inputs, "each patch of the series is accepted", check)
            }
            "in-tree/suites" | "in-tree/each" => {
                let (source, inputs) = self.in_tree()?;
                let check = |it: &mut Report| match name {
                    "in-tree/each" => in_tree::each(paths, &source, it),
                    _ => in_tree::suites(paths, &source, it),
                };
                self.memo.run(name, inputs, self.report, check)
            }
            "programs" => {
                let result = programs::ensure(paths).map(drop);
                self.now("the guest's programs are there", result)
            }
            _ => bail!("there is no check {name}"),
        }
    }

    /// Reports a check that is not run.
    fn skip(&self, name: &str, why: &str) -> Result<()> {
        self.report.skip("host", name, why);
        Ok(())
    }

    /// Reports a check that takes no time, and is always run.
    fn now(&mut self, title: &str, result: Result<()>) -> Result<()> {
        self.report.begin();
        self.report.check("host", title, result);
        Ok(())
    }

    /// Runs a check that is one test, which the report calls `title`.
    fn one(
        &mut self,
        key: &str,
        inputs: Inputs,
        title: &str,
        check: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        self.memo.run(key, inputs, self.report, |report| {
            report.check("host", title, check());
            Ok(())
        })
    }

    /// Runs a check that is one test with guests of its own, and depends on `trees` beside these.
    fn in_guest(
        &mut self,
        key: &str,
        title: &str,
        trees: &[&str],
        check: impl FnOnce(&Paths, &Kernel) -> Result<()>,
    ) -> Result<()> {
        let (paths, kernel) = (self.paths, self.kernels.tests()?);
        let inputs = self.with_guest(&kernel)?.trees(trees)?;
        self.one(key, inputs, title, || check(paths, &kernel))
    }

    /// What a check depends on that compiles drivers.
    fn with_drivers(&self, kernel: &Kernel) -> Result<Inputs> {
        let inputs = self.memo.inputs().text(kernel.identity()?);
        inputs.trees(FRAMEWORK)
    }

    /// The tree that the series is for, and what its checks depend on.
    fn in_tree(&self) -> Result<(Source, Inputs)> {
        let source = Source::ensure(self.paths, self.kernels.ksrc.as_deref())?;
        let inputs = self.memo.inputs().text(source.identity());
        Ok((source, inputs.trees(in_tree::INPUTS)?))
    }

    /// What a check depends on that boots a guest.
    fn with_guest(&self, kernel: &Kernel) -> Result<Inputs> {
        let accelerator = std::env::var("DEVSCOPE_ACCEL").unwrap_or_default();
        let inputs = self.memo.inputs().text(kernel.identity()?);
        let inputs = inputs.text(accelerator).made(&kernel.image()?);
        inputs.trees(&["tools/vm"])
    }

    /// What a check depends on that boots a guest with drivers and programs of ours.
    fn with_programs(&self, kernel: &Kernel) -> Result<Inputs> {
        let inputs = self.with_guest(kernel)?.trees(FRAMEWORK)?;
        inputs.trees(&["tests/user"])
    }

    /// Drivers that must not compile, all at once.
    fn misuses(&mut self, names: &[String]) -> Result<()> {
        if names.is_empty() {
            return Ok(());
        }
        let kernel = self.kernels.tests()?;
        let inputs = self.with_drivers(&kernel)?;
        let mut left: Vec<(&String, Inputs)> = Vec::new();
        for name in names {
            let inputs = inputs.clone().trees(&[&misuse::file(name)])?;
            let key = format!("compile-fail/{name}");
            if !self.memo.passed(&key, &inputs, self.report) {
                left.push((name, inputs));
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        self.report.begin();
        let names: Vec<_> = left.iter().map(|(name, _)| (*name).clone()).collect();
        for (name, outcome) in misuse::check(self.paths, &kernel, &names, self.report)? {
            if let Some(at) = left.iter().position(|(left, _)| **left == name) {
                let key = format!("compile-fail/{name}");
                let inputs = left.swap_remove(at).1;
                self.memo.remember(&key, inputs, &[outcome])?;
            }
        }
        Ok(())
    }
}
