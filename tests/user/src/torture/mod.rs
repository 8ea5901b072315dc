// SPDX-License-Identifier: GPL-2.0

//! `devscope-torture` at work on nodes of ours.
//!
//! - [`nodes`]: the nodes, each with what makes it
//! - [`planted`]: a driver with a fault, which has to be found

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
/// What it says: for programs, and for people.
const RESULT: &str = "/tmp/torture.json";
const TEXT: &str = "/tmp/torture.txt";
/// Where the profiles are.
const PROFILES: &str = "/etc/torture";
/// How much longer than its duration it may take: for processes that cannot be ended, and leaks.
const MARGIN: Duration = Duration::from_secs(90);

/// What came of a run.
#[derive(Debug, Deserialize)]
pub struct Report {
    /// The driver in sysfs.
    pub driver: String,
    /// How many seconds it took.
    pub seconds: f64,
    /// How many operations were made.
    pub operations: u64,
    /// How long acts took, of each way to take the device away.
    pub ways: BTreeMap<String, Latencies>,
    /// How many pages were waited for, by who served them.
    pub waited: BTreeMap<String, u64>,
    /// What could not be looked at.
    pub blind: Vec<String>,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// The whole of it, for people.
    #[serde(skip)]
    pub text: String,
}

/// How long acts took, in microseconds.
#[derive(Debug, Deserialize)]
pub struct Latencies {
    /// How many there were.
    pub count: u64,
    /// Half of them took no longer.
    pub p50: u64,
    /// 99 of 100 took no longer.
    pub p99: u64,
    /// The longest.
    pub max: u64,
}

/// Something that is wrong.
#[derive(Debug, Deserialize)]
pub struct Finding {
    /// What it is called.
    pub kind: String,
    /// In a sentence.
    pub text: String,
    /// After so many acts,
    pub acts: u64,
    /// and so many seconds.
    pub seconds: f64,
}

impl Report {
    /// How many acts are over.
    pub fn acts(&self) -> u64 {
        self.ways.values().map(|it| it.count).sum()
    }

    /// How many of them took the device away.
    pub fn unbinds(&self) -> u64 {
        self.acts() - self.count("revoke")
    }

    /// Those of a way.
    pub fn count(&self, way: &str) -> u64 {
        self.ways.get(way).map_or(0, |it| it.count)
    }

    /// Checks that nothing is wrong, though many things were done.
    ///
    /// # Panics
    ///
    /// If something is.
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

/// The arguments that let it unload and load a module of ours, with parameters.
pub fn reloads(module: &str, parameters: &str) -> [String; 4] {
    let file = format!("/modules/{module}.ko");
    [
        "--module".to_owned(),
        file,
        "--parameters".to_owned(),
        parameters.to_owned(),
    ]
}

/// Torments `node` for so many seconds, with the profile of a name, if any, and more arguments.
///
/// # Panics
///
/// If the tool does not come to its end, or could not begin.
pub fn run(node: &Path, profile: Option<&str>, seconds: u64, more: &[&str]) -> Report {
    let create = |path| File::create(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let text = create(TEXT);
    let errors = text.try_clone().expect("a descriptor");
    let mut tool = Command::new(PROGRAM);
    // The emulator loses accesses while a bus is looked at (Documentation/testing.rst).
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
