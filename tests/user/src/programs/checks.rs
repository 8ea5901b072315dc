// SPDX-License-Identifier: GPL-2.0

//! A test program that uses the library check, as those of libevdev do, and the result of each of
//! its checks. The library writes them in TAP, the Test Anything Protocol.

use super::{path, Run, Said};
use std::{fs, time::Duration};

/// How long a whole program may run.
const LIMIT: Duration = Duration::from_secs(300);

/// The factor for the library's time limits (4 s by default): the kernel is slow.
const SLOWER: &str = "20";

/// The program's output file in the tree. Only one program at a time may use it.
const LOG: &str = "/tmp/checks.tap";

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its test case and its function, "test_revoke:test_revoke".
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// Its message.
    pub said: String,
}

/// Runs `program` of the tree, and returns its checks in the order in which they were made.
///
/// # Errors
///
/// The program's output, if it did not finish, or its exit status does not match its checks.
pub fn run(program: &str) -> Result<Vec<Check>, String> {
    let log = path(LOG);
    // Fails the first time, when there is no file.
    let _ = fs::remove_file(&log);
    let said = Run::new(program)
        .variable("CK_TAP_LOG_FILE_NAME", LOG)
        .variable("CK_TIMEOUT_MULTIPLIER", SLOWER)
        .limit(LIMIT)
        .run("");
    let text = fs::read_to_string(&log).unwrap_or_default();
    let checks = parse(&text).map_err(|why| format!("{program}: {why}: {said}"))?;
    expect_ending(&said, &checks).map_err(|why| format!("{program} {why}: {said}"))?;
    Ok(checks)
}

/// The exit status is the number of checks that have failed.
fn expect_ending(said: &Said, checks: &[Check]) -> Result<(), String> {
    let failed = checks.iter().filter(|check| !check.passed).count();
    let ending = format!("exit status: {failed}");
    match said.ending == ending {
        true => Ok(()),
        false => Err(format!("failed in {failed} of its checks")),
    }
}

/// Reads "ok 1 - FILE:CASE:FUNCTION: WORDS" and "not ok 2 - ...", up to "1..2".
fn parse(text: &str) -> Result<Vec<Check>, String> {
    let mut checks = Vec::new();
    let mut plan = None;
    for line in text.lines() {
        if let Some(count) = line.strip_prefix("1..") {
            plan = count.parse().ok();
        } else if let Some(check) = check(line, checks.len() + 1) {
            checks.push(check);
        }
    }
    match plan {
        None => Err(format!("it died after {} checks", checks.len())),
        Some(0) => Err("it has no check".to_owned()),
        Some(count) if count != checks.len() => {
            Err(format!("{} of {count} checks were seen", checks.len()))
        }
        Some(_) => Ok(checks),
    }
}

/// Parses the line of a check, which must have this number. Other lines are messages of checks.
fn check(line: &str, number: usize) -> Option<Check> {
    let (passed, rest) = match line.strip_prefix("not ") {
        Some(rest) => (false, rest),
        None => (true, line),
    };
    let rest = rest.strip_prefix(&format!("ok {number} - "))?;
    let (name, said) = rest.split_once(": ")?;
    // The file is that of the last assertion that ran, which may differ between runs.
    let (_file, name) = name.split_once(':')?;
    Some(Check {
        name: name.to_owned(),
        passed,
        said: said.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    const GOOD: &str = "ok 1 - ../source/test/a.c:one:one: Passed\n\
        not ok 2 - b.c:two:two: Assertion 'x: 1' failed\nand more of it\n\
        ok 3 - b.c:three:three: Passed\n1..3\n";

    #[test]
    fn checks_of_a_log() {
        let checks = parse(GOOD).expect("a whole log");
        let names: Vec<_> = checks.iter().map(|check| check.name.as_str()).collect();
        assert_eq!(names, ["one:one", "two:two", "three:three"]);
        let passed: Vec<_> = checks.iter().map(|check| check.passed).collect();
        assert_eq!(passed, [true, false, true]);
        assert_eq!(checks[1].said, "Assertion 'x: 1' failed");
    }

    #[test]
    fn logs_that_are_not_whole() {
        assert!(parse("").is_err());
        assert!(parse("1..0\n").is_err());
        assert!(parse("ok 1 - a.c:one:one: Passed\n").is_err());
        assert!(parse("ok 1 - a.c:one:one: Passed\n1..2\n").is_err());
        assert!(parse("ok 2 - a.c:one:one: Passed\n1..1\n").is_err());
    }
}
