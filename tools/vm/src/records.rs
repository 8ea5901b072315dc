// SPDX-License-Identifier: GPL-2.0

//! What has passed of the long form: it can be stopped, and goes on where it was.
//!
//! A program is recorded when all of its tests were run and have passed, the kernel has not
//! complained so far, and no memory is leaked: in the long form, the guest asks for that after each
//! program.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use fs_err as fs;
use serde::{Deserialize, Serialize};

use crate::kernel::Kernel;
use crate::paths::{self, Paths};
use crate::report::{Outcome, Report};
use crate::tree;
use crate::workload::Workload;

/// A program that has passed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub program: String,
    /// The names of its tests, and how many milliseconds each took.
    pub tests: Vec<(String, u64)>,
    /// The day.
    pub date: String,
}

impl Record {
    /// What `program` came to, today.
    pub fn new(program: &str, outcomes: &[Outcome]) -> Result<Self> {
        let test = |outcome: &Outcome| {
            let milliseconds = u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX);
            (outcome.name.clone(), milliseconds)
        };
        Ok(Self {
            program: program.to_owned(),
            tests: outcomes
                .iter()
                .filter(|outcome| outcome.group == "user")
                .map(test)
                .collect(),
            date: tree::today()?,
        })
    }

    /// How long it took.
    pub fn took(&self) -> Duration {
        Duration::from_millis(
            self.tests
                .iter()
                .map(|(_, milliseconds)| milliseconds)
                .sum(),
        )
    }
}

/// The records of one state of the clone, on one kernel.
#[derive(Debug)]
pub struct Records {
    file: PathBuf,
    records: BTreeMap<String, Record>,
}

impl Records {
    /// Those of the clone as it is.
    pub fn open(paths: &Paths, kernel: &Kernel) -> Result<Self> {
        let dir = paths.build("long");
        fs::create_dir_all(&dir)?;
        let key = crate::kernel::short_hash(&[&tree::identity(paths.root())?, &kernel.identity()?]);
        let file = dir.join(format!("{}-{key}.json", kernel.name()));
        // None yet, or of another time: nothing has been run.
        let text = fs::read_to_string(&file).unwrap_or_default();
        let records = serde_json::from_str(&text).unwrap_or_default();
        Ok(Self { file, records })
    }

    /// Remembers that a program has passed.
    pub fn add(&mut self, record: Record) -> Result<()> {
        self.records.insert(record.program.clone(), record);
        paths::write(&self.file, serde_json::to_string_pretty(&self.records)?)
    }

    /// The records.
    pub fn all(&self) -> impl Iterator<Item = &Record> {
        self.records.values()
    }

    /// Reports the programs that have passed, and takes them out of `workload`.
    pub fn take_over(&self, workload: &mut Workload, report: &mut Report) {
        let mut left = BTreeSet::new();
        for program in workload.programs().keys() {
            let Some(record) = self.records.get(program) else {
                left.insert(program.clone());
                continue;
            };
            for (test, _) in &record.tests {
                let when = format!("taken over, it passed on {}", record.date);
                report.passed_before("user", test, &when);
            }
        }
        workload.keep(&left);
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use tempfile::TempDir;

    use super::{Record, Records};
    use crate::guest::Programs;
    use crate::report::Report;
    use crate::workload::Workload;

    #[test]
    fn what_has_passed_is_not_run_again() {
        let dir = TempDir::new().unwrap();
        let file = dir.path().join("records");
        let mut records = Records {
            file: file.clone(),
            records: Default::default(),
        };
        let record = Record {
            program: "b".into(),
            tests: vec![("b::x".into(), 1500), ("b::y".into(), 500)],
            date: "2026-01-01".into(),
        };
        assert_eq!(record.took().as_secs(), 2);
        records.add(record).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let records = Records {
            file: PathBuf::new(),
            records: serde_json::from_str(&text).unwrap(),
        };
        let programs: Programs = ["a", "b"].map(|name| (name.into(), name.into())).into();
        let mut workload = Workload::all(programs);
        let mut report = Report::silent();
        records.take_over(&mut workload, &mut report);
        assert_eq!(workload.list(), "a\n");
        assert_eq!(report.outcomes().len(), 2);
    }
}
