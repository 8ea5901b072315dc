// SPDX-License-Identifier: GPL-2.0

//! What a run came to: for programs, and for people.

use crate::{
    errno,
    finding::Finding,
    latency::Summary,
    ops::Op,
    profile::Profile,
    shared::{Shared, RESULTS},
    tasks::Task,
};
use serde::Serialize;
use std::{collections::BTreeMap, fmt, sync::atomic::Ordering::Relaxed};

/// All of it.
#[derive(Serialize)]
pub struct Report {
    /// The node.
    pub node: String,
    /// The device in sysfs.
    pub device: String,
    /// Its driver.
    pub driver: String,
    /// What chance began with.
    pub seed: u64,
    /// How long it took.
    pub seconds: f64,
    /// How many operations were made.
    pub operations: u64,
    /// What came of them: "ok" or an error, and how often.
    pub results: BTreeMap<&'static str, BTreeMap<String, u64>>,
    /// How many microseconds of a processor an operation took.
    pub took: BTreeMap<&'static str, u64>,
    /// How many seconds were spent with what.
    pub spent: BTreeMap<&'static str, f64>,
    /// How long each way to take the device away took, in microseconds.
    pub ways: BTreeMap<&'static str, Summary>,
    /// How many pages were waited for, by who served them.
    pub waited: BTreeMap<&'static str, u64>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// Who did not come back in time when all files were to be closed.
    pub late: Vec<Task>,
    /// What could not be looked at.
    pub blind: Vec<String>,
}

/// The ioctls of which none went well.
pub fn failed(shared: &Shared, profile: &Profile) -> Vec<String> {
    let all = profile.ioctl.iter().zip(&shared.ioctls);
    let never = all.filter(|(_, count)| count.load(Relaxed) == 0);
    never
        .map(|(ioctl, _)| format!("ioctl {:#x}, of which none went well", ioctl.number))
        .collect()
}

/// The results of all operations.
pub fn results(shared: &Shared) -> BTreeMap<&'static str, BTreeMap<String, u64>> {
    let name = |errno| match errno {
        0 => "ok".to_owned(),
        errno => errno::name(errno as i32),
    };
    let of = |op: Op| {
        let counts = (0..RESULTS).map(|errno| (name(errno), shared.counted(op, errno)));
        counts
            .filter(|(_, count)| *count > 0)
            .collect::<BTreeMap<_, _>>()
    };
    let all = Op::ALL.iter().map(|op| (op.name(), of(*op)));
    all.filter(|(_, counts)| !counts.is_empty()).collect()
}

/// How many microseconds each operation took.
pub fn took(shared: &Shared) -> BTreeMap<&'static str, u64> {
    let of = |op: &Op| Some((op.name(), shared.took(*op)? / 1000));
    Op::ALL.iter().filter_map(of).collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            node,
            driver,
            seed,
            seconds,
            operations,
            ..
        } = self;
        writeln!(f, "{node}, driver {driver}, seed {seed}")?;
        let ways = self.ways.iter();
        let ways: Vec<_> = ways
            .map(|(way, it)| format!("{way} {}", it.count))
            .collect();
        writeln!(
            f,
            "{operations} operations in {seconds:.1} s; {}\n",
            ways.join(", ")
        )?;
        for (op, counts) in &self.results {
            let counts: Vec<_> = counts
                .iter()
                .map(|(name, count)| format!("{name} {count}"))
                .collect();
            let took = self
                .took
                .get(op)
                .map_or_else(String::new, |it| format!("{it} us"));
            writeln!(f, "  {op:<15} {took:>9}  {}", counts.join(", "))?;
        }
        let spent = self
            .spent
            .iter()
            .map(|(what, s)| format!("{what} {s:.1} s"));
        let spent: Vec<_> = spent.collect();
        writeln!(f, "\ntime: {}", spent.join(", "))?;
        let waited = self
            .waited
            .iter()
            .map(|(who, count)| format!("{who} {count}"));
        let waited: Vec<_> = waited.collect();
        writeln!(f, "pages that were waited for: {}", waited.join(", "))?;
        for (way, summary) in &self.ways {
            let Summary {
                min, p50, p99, max, ..
            } = summary;
            writeln!(
                f,
                "\n{way} took {min} to {max} us; half of them {p50}, 99 of 100 {p99} at most"
            )?;
            for bar in &summary.histogram {
                let width = (bar.count * 50).div_ceil(summary.count);
                writeln!(
                    f,
                    "  {:>9} us {:>6} {}",
                    bar.up_to,
                    bar.count,
                    "#".repeat(width)
                )?;
            }
        }
        if !self.late.is_empty() {
            let text = "\nDid not come back in time, though interrupted, when all files were to be closed:";
            writeln!(f, "{text}")?;
        }
        for task in &self.late {
            write!(f, "{task}")?;
        }
        for blind in &self.blind {
            writeln!(f, "\nNot looked at: {blind}")?;
        }
        if self.findings.is_empty() {
            writeln!(f, "\nNothing was found.")?;
        }
        for finding in &self.findings {
            write!(f, "\n{finding}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  {} ({}, thread {}), state {}, in {}: {}",
            self.comm, self.pid, self.tid, self.state, self.operation, self.wchan
        )?;
        for line in &self.stack {
            writeln!(f, "    {line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            text,
            operations,
            acts,
            seconds,
            ..
        } = self;
        writeln!(f, "FOUND {}: {text}", kind.name())?;
        writeln!(
            f,
            "  after {operations} operations, {acts} acts, {seconds:.1} s"
        )?;
        for line in &self.log {
            writeln!(f, "  | {line}")?;
        }
        for task in &self.tasks {
            write!(f, "{task}")?;
        }
        if !self.before.is_empty() {
            writeln!(f, "  What was done last:")?;
        }
        for it in &self.before {
            writeln!(
                f,
                "    {:>9} us before, worker {:>2}: {} {}",
                it.ago, it.worker, it.operation, it.result
            )?;
        }
        Ok(())
    }
}
