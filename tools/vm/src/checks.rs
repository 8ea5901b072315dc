// SPDX-License-Identifier: GPL-2.0

//! The checks that need no guest of the tests, by the names that `TESTS=` knows. What takes time
//! is not run again while nothing changes that it depends on.

use anyhow::Result;

use crate::examples;
use crate::external;
use crate::guest;
use crate::hostcheck;
use crate::htmldocs;
use crate::kernel::Kernel;
use crate::kernels::Kernels;
use crate::layers;
use crate::loads;
use crate::memo::{Inputs, Memo};
use crate::misuse;
use crate::model;
use crate::named;
use crate::paths::Paths;
use crate::programs;
use crate::provoke;
use crate::report::Report;
use crate::rustfmt;
use crate::safety;
use crate::select::Selection;
use crate::workload::Workload;

/// What drivers are compiled from.
const FRAMEWORK: &[&str] = &[
    "Kbuild",
    "Kconfig",
    "build/config",
    "drivers",
    "include",
    "rust",
    "samples",
    "tests/external",
    "tests/hostile",
    "tests/kmod",
];

/// What `make new` starts a driver with.
const TEMPLATE: &[&str] = &["tools/new-driver", "tools/new-driver.sh"];

/// What the tools' own tests look at.
const TOOLS: &[&str] = &["Documentation", "Makefile", "README.md", "tools"];

/// Where there is Rust to format.
const RUST: &[&str] = &["drivers", "rust", "samples", "tests", "tools"];

/// The checks that are asked for.
#[derive(Debug)]
pub struct Checks {
    loads: bool,
    tools: bool,
    model: bool,
    mutants: Vec<String>,
    formatting: bool,
    safety: bool,
    layers: bool,
    external: bool,
    new_driver: bool,
    misuses: Vec<String>,
    examples: bool,
    excerpts: bool,
    htmldocs: bool,
    named: bool,
    complaint: bool,
    lockdep: bool,
    hang: bool,
    programs: bool,
    /// Unit tests of the guest's programs, all or some of each.
    unit_tests: bool,
}

impl Checks {
    /// Finds those that `selection` asks for.
    pub fn selected(paths: &Paths, selection: &Selection, units: &[String]) -> Result<Self> {
        let named = |dir: &str, mut names: Vec<String>| {
            names.retain(|name| selection.has(&[&format!("{dir}/{name}")]));
            names
        };
        let has = |name| selection.has(&[name]);
        let mut unit_tests = false;
        for name in units {
            unit_tests |= selection.has_part_of(name);
        }
        Ok(Self {
            loads: has("loads"),
            tools: has("tools"),
            model: has("model"),
            mutants: named("mutant", model::mutants(paths)?),
            formatting: has("formatting"),
            safety: has("safety"),
            layers: has("layers"),
            external: has("external"),
            new_driver: has("new-driver"),
            misuses: named("compile-fail", misuse::names(paths)?),
            examples: has("examples/doc-comments"),
            excerpts: has("examples/pages"),
            htmldocs: has("htmldocs"),
            named: has("named"),
            complaint: has("complaint"),
            lockdep: has("lockdep"),
            hang: has("hang"),
            programs: has("programs"),
            unit_tests,
        })
    }

    /// Runs them.
    pub fn run(
        &self,
        paths: &Paths,
        kernels: &Kernels<'_>,
        selection: &Selection,
        report: &mut Report,
    ) -> Result<()> {
        let memo = Memo::new(paths)?;
        if self.loads {
            report.begin();
            loads::check(paths, kernels.lean()?, report)?;
        }
        if self.tools {
            let inputs = memo.inputs().trees(TOOLS)?;
            memo.run("tools", inputs, report, |it| hostcheck::tools(paths, it))?;
        }
        if self.unit_tests {
            let workload = Workload::selected(guest::unit_tests(paths)?, selection)?;
            for (name, program) in workload.programs() {
                report.begin();
                hostcheck::program(report, name, program, &workload.arguments(name))?;
            }
        }
        self.models(paths, &memo, report)?;
        if self.formatting {
            let inputs = memo.inputs().trees(RUST)?;
            memo.run("formatting", inputs, report, |it| {
                it.check("host", "all Rust is formatted", rustfmt::check(paths));
                Ok(())
            })?;
        }
        if self.safety {
            report.begin();
            let result = safety::check(paths);
            report.check("host", "no driver has anything unsafe", result);
        }
        if self.layers {
            report.begin();
            let result = layers::check(paths);
            report.check("host", "no room of the framework uses one above it", result);
        }
        if self.examples {
            let kernel = kernels.lean()?;
            let inputs = memo.inputs().text(kernel.identity()?).trees(FRAMEWORK)?;
            let inputs = inputs.trees(&[examples::CONTEXT])?;
            memo.run("examples", inputs, report, |it| {
                examples::compile(paths, kernel, it)
            })?;
        }
        if self.excerpts {
            report.begin();
            examples::find(paths, report)?;
        }
        if self.htmldocs {
            let inputs = memo.inputs().trees(&[htmldocs::SOURCES])?;
            memo.run("htmldocs", inputs, report, |it| {
                let result = htmldocs::build(paths).map(drop);
                it.check("host", "Sphinx has no warning about Documentation", result);
                Ok(())
            })?;
        }
        if self.named {
            report.begin();
            let files = named::files_are_there(paths);
            report.check("host", "each file that Documentation names is there", files);
            let counterparts = named::counterparts_are_there(paths);
            report.check("host", "what stands for idioms of C is there", counterparts);
        }
        if self.external || self.new_driver || !self.misuses.is_empty() {
            self.drivers(paths, &memo, kernels.tests()?, report)?;
        }
        if self.complaint || self.lockdep || self.hang {
            self.guests(paths, &memo, kernels.tests()?, report)?;
        }
        if self.programs {
            let result = programs::ensure(paths).map(drop);
            report.check("host", "the guest's programs are there", result);
        }
        Ok(())
    }

    fn models(&self, paths: &Paths, memo: &Memo, report: &mut Report) -> Result<()> {
        let inputs = memo.inputs().trees(model::SOURCES)?;
        if self.model {
            memo.run("model", inputs.clone(), report, |it| {
                model::check(paths, it)
            })?;
        }
        for name in &self.mutants {
            let key = format!("mutant/{name}");
            memo.run(&key, inputs.clone(), report, |it| {
                let result = model::refute(paths, name);
                it.check("host", &format!("mutant: {name}"), result);
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Drivers outside of the clone, those that compile and those that must not.
    fn drivers(
        &self,
        paths: &Paths,
        memo: &Memo,
        kernel: &Kernel,
        report: &mut Report,
    ) -> Result<()> {
        let inputs = memo.inputs().text(kernel.identity()?).trees(FRAMEWORK)?;
        if self.external {
            let inputs = inputs.clone().trees(&[external::DOCUMENTED])?;
            memo.run("external", inputs, report, |it| {
                let result = external::driver(paths, kernel);
                it.check("host", "a driver builds outside the clone", result);
                Ok(())
            })?;
        }
        if self.new_driver {
            let inputs = inputs.clone().trees(TEMPLATE)?;
            memo.run("new-driver", inputs, report, |it| {
                let result = external::template(paths, kernel);
                it.check("host", "what `make new` starts builds", result);
                Ok(())
            })?;
        }
        let mut left: Vec<(&String, Inputs)> = Vec::new();
        for name in &self.misuses {
            let inputs = inputs.clone().trees(&[&misuse::file(name)])?;
            if !memo.passed(&format!("compile-fail/{name}"), &inputs, report) {
                left.push((name, inputs));
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        report.begin();
        let names: Vec<_> = left.iter().map(|(name, _)| (*name).clone()).collect();
        for (name, outcome) in misuse::check(paths, kernel, &names, report)? {
            if let Some(at) = left.iter().position(|(left, _)| **left == name) {
                let key = format!("compile-fail/{name}");
                memo.remember(&key, left.swap_remove(at).1, &[outcome])?;
            }
        }
        Ok(())
    }

    /// Guests that are made to fail.
    fn guests(
        &self,
        paths: &Paths,
        memo: &Memo,
        kernel: &Kernel,
        report: &mut Report,
    ) -> Result<()> {
        let accelerator = std::env::var("DEVSCOPE_ACCEL").unwrap_or_default();
        let inputs = memo
            .inputs()
            .text(kernel.identity()?)
            .text(accelerator)
            .made(&kernel.image()?)
            .trees(&["tools/vm"])?;
        if self.complaint {
            memo.run("complaint", inputs.clone(), report, |it| {
                let result = provoke::complaint(paths, kernel);
                it.check("host", "a complaint of the kernel fails a run", result);
                Ok(())
            })?;
        }
        if self.lockdep {
            let inputs = inputs.clone().trees(FRAMEWORK)?;
            memo.run("lockdep", inputs, report, |it| {
                let result = provoke::lockdep(paths, kernel);
                it.check("host", "lockdep reports gates drained crosswise", result);
                Ok(())
            })?;
        }
        if self.hang {
            memo.run("hang", inputs, report, |it| {
                let result = provoke::hang(paths, kernel);
                it.check("host", "a hang takes no other program with it", result);
                Ok(())
            })?;
        }
        Ok(())
    }
}
