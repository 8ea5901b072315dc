// SPDX-License-Identifier: GPL-2.0

//! What a run came to: for programs, and for people.

use crate::{
    errno,
    finding::Finding,
    latency::{Bar, Summary},
    ops::Op,
    profile::Profile,
    shared::{Shared, RESULTS},
    tasks::Task,
};
use serde::Serialize;
use std::{collections::BTreeMap, fmt, sync::atomic::Ordering::Relaxed};

/// All of it.
#[derive(Default, Serialize)]
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

/// What a map has, in a line.
fn list<K: fmt::Display, V>(map: &BTreeMap<K, V>, text: impl Fn(&V) -> String) -> String {
    let all = map
        .iter()
        .map(|(key, value)| format!("{key} {}", text(value)));
    all.collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (node, driver, seed) = (&self.node, &self.driver, self.seed);
        writeln!(f, "{node}, driver {driver}, seed {seed}")?;
        let (operations, seconds) = (self.operations, self.seconds);
        let ways = list(&self.ways, |it| it.count.to_string());
        writeln!(f, "{operations} operations in {seconds:.1} s; {ways}\n")?;
        for (op, counts) in &self.results {
            let took = self.took.get(op).map(|it| format!("{it} us"));
            let (took, counts) = (took.unwrap_or_default(), list(counts, u64::to_string));
            writeln!(f, "  {op:<15} {took:>9}  {counts}")?;
        }
        let spent = list(&self.spent, |seconds| format!("{seconds:.1} s"));
        writeln!(f, "\ntime: {spent}")?;
        let waited = list(&self.waited, u64::to_string);
        writeln!(f, "pages that were waited for: {waited}")?;
        for (way, it) in &self.ways {
            let (min, p50, p99, max) = (it.min, it.p50, it.p99, it.max);
            let text = format!("{min} to {max} us; half of them {p50}, 99 of 100 {p99} at most");
            writeln!(f, "\n{way} took {text}")?;
            for Bar { up_to, count } in &it.histogram {
                let bar = "#".repeat((count * 50).div_ceil(it.count));
                writeln!(f, "  {up_to:>9} us {count:>6} {bar}")?;
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
        let (operations, acts, seconds) = (self.operations, self.acts, self.seconds);
        writeln!(f, "FOUND {}: {}", self.kind.into_str(), self.text)?;
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
