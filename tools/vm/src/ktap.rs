// SPDX-License-Identifier: GPL-2.0

//! KUnit results, read by the kernel's own tool.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::exec;
use crate::paths::{self, Paths};
use crate::report::Verdict;

/// What `kunit.py parse --json` says of a suite.
#[derive(Debug, Default, Deserialize)]
struct Group {
    name: String,
    sub_groups: Vec<Group>,
    test_cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    status: String,
}

/// The name of a test case, with the suite's in front, and how it ended.
type Ended = (String, Verdict);

/// The kernel's tool.
const TOOL: &str = "tools/testing/kunit/kunit.py";

/// The tool of the tree `source`, to do `what`.
pub fn kunit(source: &Path, what: &str) -> Command {
    let mut kunit = exec::command("python3");
    kunit.env("PYTHONDONTWRITEBYTECODE", "1");
    kunit.arg(source.join(TOOL)).arg(what);
    kunit
}

/// Reads the KTAP of one suite.
pub fn parse(paths: &Paths, source: &Path, suite: &str, ktap: &str) -> Result<Vec<Ended>> {
    if !source.join(TOOL).exists() {
        bail!(
            "KUnit results are read with {TOOL}, which {} has not; \
             a KDIR for tests needs its full source",
            source.display()
        );
    }
    let input = paths.log(&format!("kunit-{suite}"))?;
    paths::write(&input, ktap)?;
    let json = input.with_extension("json");
    paths::remove(&json)?;
    // It exits with failure when a test failed, having written its file all the same.
    let mut parse = kunit(source, "parse");
    parse.arg(format!("--json={}", json.display())).arg(&input);
    let parsed = exec::output(parse.current_dir(paths.build("logs")));
    let text = std::fs::read_to_string(&json).with_context(|| match parsed {
        Err(error) => format!("{error:#}"),
        Ok(_) => "kunit.py wrote no results".to_owned(),
    })?;
    results(&text).with_context(|| format!("cannot read {}", json.display()))
}

/// What kunit.py wrote as JSON.
pub fn results(json: &str) -> Result<Vec<Ended>> {
    let group: Group = serde_json::from_str(json)?;
    let mut found = Vec::new();
    collect(&group, "", &mut found);
    Ok(found)
}

fn collect(group: &Group, prefix: &str, found: &mut Vec<Ended>) {
    for case in &group.test_cases {
        let verdict = match case.status.as_str() {
            "PASS" => Verdict::Pass,
            "SKIP" => Verdict::Skip,
            _ => Verdict::Fail,
        };
        found.push((format!("{prefix}{}", case.name), verdict));
    }
    for sub in &group.sub_groups {
        collect(sub, &format!("{prefix}{}.", sub.name), found);
    }
}

#[cfg(test)]
mod tests {
    use super::{Verdict, results};

    #[test]
    fn suites_and_cases() {
        let json = r#"{"name": "KUnit Test Group", "arch": "", "test_cases": [], "sub_groups": [
            {"name": "devscope_gate", "sub_groups": [], "misc": {}, "test_cases": [
                {"name": "closes", "status": "PASS"},
                {"name": "drains", "status": "FAIL"},
                {"name": "later", "status": "SKIP"}]}]}"#;
        let found = results(json).unwrap();
        assert_eq!(found[0].0, "devscope_gate.closes");
        let verdicts: Vec<_> = found.iter().map(|(_, verdict)| *verdict).collect();
        assert_eq!(verdicts, [Verdict::Pass, Verdict::Fail, Verdict::Skip]);
    }
}
