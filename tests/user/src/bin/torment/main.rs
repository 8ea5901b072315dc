// SPDX-License-Identifier: GPL-2.0

//! `make torture`: runs the tool on one node after the other, and prints the results; or runs it to
//! find the faults that are planted in a driver.
//!
//! The settings are those of `devscope_tests::effort::said()`: `torture_nodes` are names separated
//! by commas, `torture_seconds` and `torture_operations` apply to each of them, `torture_faults` is
//! `all`, `plain` for those that need no checker of the kernel, or `checkers` for the others.

use devscope_tests::{
    effort::{named, said},
    torture::{
        nodes::{Node, ALL},
        planted::Fault,
        Report,
    },
};
use std::{fs, panic, process::ExitCode};

/// The number of operations on a node that is required on the debug kernel in a quarter of an hour.
const OPERATIONS: u64 = 1_000_000;
const UNBINDS: u64 = 1000;
const TIME: f64 = 900.0;

fn main() -> ExitCode {
    let good = match said("torture_faults").as_deref() {
        None | Some("0") => torment(),
        Some("checkers") => look_for(|it| !it.is_plain()),
        Some("plain") => look_for(Fault::is_plain),
        Some(_) => look_for(|_| true),
    };
    match good {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Prints the current phase, for the host and to the kernel's log.
fn phase(what: &str) {
    println!("@devscope phase torture {what}");
    let _ = fs::write("/dev/kmsg", format!("devscope: phase torture {what}\n"));
}

/// Runs the tool on the nodes. Returns whether it found no faults.
fn torment() -> bool {
    let seconds = named("torture_seconds").unwrap_or(60);
    let operations = named("torture_operations").map(|count: u64| count.to_string());
    let operations = operations.iter().flat_map(|count| ["--operations", count]);
    let operations: Vec<_> = operations.collect();
    let chosen = said("torture_nodes");
    let nodes: Vec<&str> = match &chosen {
        Some(names) => names.split(',').collect(),
        None => ALL.to_vec(),
    };
    let mut rows = Vec::new();
    let mut good = true;
    for name in nodes {
        phase(name);
        let tormented = panic::catch_unwind(|| {
            let node = Node::get(name);
            node.torment(seconds, &operations)
        });
        let Ok(report) = tormented else {
            good = false;
            rows.push(format!("{name:<12} could not be tormented"));
            continue;
        };
        println!("{}", report.text);
        good &= report.findings.is_empty();
        rows.push(row(name, &report));
    }
    println!(
        "\n{:<12} {:>10} {:>8} {:>8}  in {TIME} s at this rate",
        "node", "operations", "unbinds", "s"
    );
    println!("{:>31} {:>8}  p50 / p99 / max, in us", "by", "acts");
    rows.iter().for_each(|row| println!("{row}"));
    good
}

/// The row of a node in the summary.
fn row(name: &str, report: &Report) -> String {
    let (operations, unbinds) = (report.operations, report.unbinds());
    let rate = |count: u64| (count as f64 * TIME / report.seconds.max(0.001)) as u64;
    let (more_operations, more_unbinds) = (rate(operations), rate(unbinds));
    let bar = match more_operations >= OPERATIONS && more_unbinds >= UNBINDS {
        true => "enough",
        false => "too few",
    };
    let found = match report.findings.first() {
        Some(it) => format!("; FOUND {}", it.kind),
        None => String::new(),
    };
    let mut lines = vec![format!(
        "{name:<12} {operations:>10} {unbinds:>8} {:>8.1}  {more_operations} operations, {more_unbinds} \
         unbinds: {bar}{found}",
        report.seconds
    )];
    lines.extend(report.ways.iter().map(|(way, it)| {
        let (count, p50, p99, max) = (it.count, it.p50, it.p99, it.max);
        format!("{way:>31} {count:>8}  {p50} / {p99} / {max}")
    }));
    lines.join("\n")
}

/// Runs the tool to find planted faults. Returns whether all wanted ones were found.
fn look_for(wanted: impl Fn(&Fault) -> bool) -> bool {
    let faults = Fault::all().into_iter().filter(|it| wanted(it));
    let wrong = Fault::find_all(faults, phase, |line| println!("{line}"));
    wrong.iter().for_each(|why| println!("NOT FOUND {why}"));
    wrong.is_empty()
}
