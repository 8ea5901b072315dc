// SPDX-License-Identifier: GPL-2.0

//! Mutants of the model, which are run beside other checks: these leave processors idle.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::memo::{Inputs, Memo};
use crate::model;
use crate::paths::Paths;
use crate::report::Report;

/// A mutant that is to be refuted.
pub struct Mutant<'a> {
    name: &'a str,
    key: String,
    inputs: Inputs,
}

impl<'a> Mutant<'a> {
    /// Those of `names` that have not been before.
    pub fn left(names: &'a [String], memo: &Memo, report: &mut Report) -> Result<Vec<Self>> {
        let all = memo.inputs().trees(model::SOURCES)?;
        let mut left = Vec::new();
        for name in names {
            let (key, inputs) = (format!("mutant/{name}"), all.clone());
            if !memo.passed(&key, &inputs, report) {
                left.push(Self { name, key, inputs });
            }
        }
        Ok(left)
    }
}

/// What came of a mutant, and how long that took.
pub struct Refuted<'a> {
    mutant: Mutant<'a>,
    result: Result<()>,
    took: Duration,
}

impl<'a> Refuted<'a> {
    /// Runs them, one after the other.
    pub fn all(mutants: Vec<Mutant<'a>>, paths: &Paths) -> Vec<Self> {
        let refute = |mutant: Mutant<'a>| {
            let start = Instant::now();
            Self {
                result: model::refute(paths, mutant.name),
                took: start.elapsed(),
                mutant,
            }
        };
        mutants.into_iter().map(refute).collect()
    }

    /// Reports it, and remembers it if it is good.
    pub fn tell(self, memo: &Memo, report: &mut Report) -> Result<()> {
        let Mutant { name, key, inputs } = self.mutant;
        let before = report.outcomes().len();
        report.check_of("host", &format!("mutant: {name}"), self.result, self.took);
        memo.remember(&key, inputs, &report.outcomes()[before..])
    }
}
