// SPDX-License-Identifier: GPL-2.0

//! Runs `devscope-torture` on nodes of our drivers.
//!
//! - [`nodes`]: the nodes, each with its driver and device
//! - [`planted`]: a driver with a fault, which the tool has to find

pub mod nodes;
pub mod planted;

use crate::wait_until;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

const PROGRAM: &str = "/bin/devscope-torture";
/// The tool's output: as JSON, and as text.
const RESULT: &str = "/tmp/torture.json";
const TEXT: &str = "/tmp/torture.txt";
/// The directory of the profiles.
const PROFILES: &str = "/etc/torture";
/// The time that it may take in addition to its duration, to end its processes and find leaks.
const MARGIN: Duration = Duration::from_secs(90);

/// The result of a run.
#[derive(Debug, Deserialize)]
pub struct Report {
    /// The driver in sysfs.
    pub driver: String,
    /// How many seconds it took.
    pub seconds: f64,
    /// The number of operations.
    pub operations: u64,
    /// How long acts took, for each way to unplug the device.
    pub ways: BTreeMap<String, Latencies>,
    /// The number of page faults that waited, by what served them.
    pub waited: BTreeMap<String, u64>,
    /// What the tool could not check.
    pub blind: Vec<String>,
    /// The faults that it found.
    pub findings: Vec<Finding>,
    /// The whole report as text.
    #[serde(skip)]
    pub text: String,
}

/// How long acts took, in microseconds.
#[derive(Debug, Deserialize)]
pub struct Latencies {
    /// The number of acts.
    pub count: u64,
    /// The median.
    pub p50: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The longest.
    pub max: u64,
}

/// A fault that was found.
#[derive(Debug, Deserialize)]
pub struct Finding {
    /// Its name.
    pub kind: String,
    /// A sentence that describes it.
    pub text: String,
    /// The number of acts before it was found.
    pub acts: u64,
    /// The seconds before it was found.
    pub seconds: f64,
}

impl Report {
    /// The number of all acts.
    pub fn acts(&self) -> u64 {
        self.ways.values().map(|it| it.count).sum()
    }

    /// The number of acts that unplugged the device.
    pub fn unbinds(&self) -> u64 {
        self.acts() - self.count("revoke")
    }

    /// The number of acts of one way.
    pub fn count(&self, way: &str) -> u64 {
        self.ways.get(way).map_or(0, |it| it.count)
    }

    /// Checks that operations and acts were made, and no faults were found.
    ///
    /// # Panics
    ///
    /// If not.
    pub fn assert_clean(&self) {
        assert!(self.findings.is_empty(), "{}", self.text);
        let operations = self.operations;
        let ways: Vec<_> = self
            .ways
            .iter()
            .map(|(way, it)| format!("{} {way}", it.count))
            .collect();
        eprintln!(
            "{operations} operations, {} in {:.1} s",
            ways.join(", "),
            self.seconds
        );
        assert!(operations > 0 && self.acts() > 0, "{}", self.text);
    }
}

/// The arguments that make it unload and load a module of ours, with parameters.
pub fn reloads(module: &str, parameters: &str) -> [String; 4] {
    let file = format!("/modules/{module}.ko");
    [
        "--module".to_owned(),
        file,
        "--parameters".to_owned(),
        parameters.to_owned(),
    ]
}

/// Runs the tool on `node` for this many seconds, with a profile, if one is named, and more
/// arguments.
///
/// # Panics
///
/// If the tool does not start, or does not end.
pub fn run(node: &Path, profile: Option<&str>, seconds: u64, more: &[&str]) -> Report {
    let create = |path| File::create(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let text = create(TEXT);
    let errors = text.try_clone().expect("a descriptor");
    let mut tool = Command::new(PROGRAM);
    // The emulator loses accesses during a bus rescan (Documentation/testing.rst).
    tool.args(["--yes", "--one-cpu", "--json", RESULT, "--duration"])
        .arg(seconds.to_string());
    if let Some(profile) = profile {
        tool.arg("--profile")
            .arg(format!("{PROFILES}/{profile}.toml"));
    }
    let tool = tool
        .args(more)
        .arg(node)
        .stdin(Stdio::null())
        .stdout(text)
        .stderr(errors);
    let mut tool = tool.spawn().unwrap_or_else(|e| panic!("{PROGRAM}: {e}"));
    let mut status = None;
    let ended = wait_until(Duration::from_secs(seconds) + MARGIN, || {
        status = tool.try_wait().expect("wait for the tool");
        status.is_some()
    });
    let text = fs::read_to_string(TEXT).unwrap_or_default();
    if !ended {
        let _ = tool.kill();
        panic!("{PROGRAM} does not come to its end: {text}");
    }
    let code = status.and_then(|it| it.code());
    assert!(matches!(code, Some(0 | 1 | 3)), "{status:?}: {text}");
    let result = fs::read_to_string(RESULT).unwrap_or_else(|e| panic!("{RESULT}: {e}"));
    let report: Report = serde_json::from_str(&result).expect("the tool's JSON");
    Report { text, ..report }
}
