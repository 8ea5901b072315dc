// SPDX-License-Identifier: GPL-2.0

//! Reads what Rust's test harness prints, with one test at a time.

use crate::report::Verdict;

/// Follows the output of one test program.
#[derive(Debug, Default)]
pub struct Libtest {
    pending: Option<String>,
    passed: usize,
    failed: usize,
    totals: Option<(usize, usize)>,
    /// Everything that is no verdict: shown when something failed.
    pub said: Vec<String>,
}

impl Libtest {
    /// Takes a line; returns the test that it ends.
    pub fn line(&mut self, line: &str) -> Option<(String, Verdict)> {
        if let Some(totals) = totals(line) {
            self.totals = Some(totals);
            return None;
        }
        if line.is_empty() || is_start(line) {
            return None;
        }
        let rest = match line
            .strip_prefix("test ")
            .and_then(|rest| rest.split_once(" ... "))
            .or_else(|| Some((line.strip_prefix("test ")?.strip_suffix(" ...")?, "")))
        {
            Some((name, rest)) => {
                let name = name.trim_end_matches(" - should panic");
                self.pending = Some(name.to_owned());
                rest
            }
            None => line,
        };
        // A child of the test may have written between its name and its verdict.
        match self.pending.take() {
            Some(name) => match verdict(rest) {
                Some(verdict) => {
                    self.passed += usize::from(verdict == Verdict::Pass);
                    self.failed += usize::from(verdict == Verdict::Fail);
                    return Some((name, verdict));
                }
                None => {
                    self.pending = Some(name);
                    self.said.push(rest.to_owned());
                }
            },
            None => self.said.push(line.to_owned()),
        }
        None
    }

    /// Ends the program; returns what is wrong with its run as a whole, and the test that it died
    /// in.
    pub fn finish(&mut self, status: i32) -> Result<(), (Option<String>, String)> {
        let died_in = self.pending.take();
        if died_in.is_some() {
            return Err((died_in, died(status)));
        }
        match self.totals {
            Some((passed, failed)) if (passed, failed) != (self.passed, self.failed) => Err((
                None,
                format!(
                    "its own count is {passed} passed, {failed} failed, \
                     but {} and {} were seen",
                    self.passed, self.failed
                ),
            )),
            // A failed test makes the status bad and has been counted.
            Some(_) if status == 0 || self.failed > 0 => Ok(()),
            // A program without the harness is one test.
            None if status == 0 => Ok(()),
            _ => Err((None, died(status))),
        }
    }

    /// Whether any test has been seen.
    pub fn is_empty(&self) -> bool {
        self.totals.is_none() && self.passed + self.failed == 0
    }
}

fn died(status: i32) -> String {
    if status > 128 {
        format!("killed by signal {}", status - 128)
    } else {
        format!("exited with status {status}")
    }
}

fn verdict(text: &str) -> Option<Verdict> {
    let text = text.trim();
    let word = text.split([',', ' ', '<']).next().unwrap_or_default();
    match word {
        "ok" => Some(Verdict::Pass),
        "FAILED" => Some(Verdict::Fail),
        "ignored" => Some(Verdict::Skip),
        // Noise of a child without a newline of its own.
        _ if text.ends_with("FAILED") => Some(Verdict::Fail),
        _ if text.ends_with(" ok") => Some(Verdict::Pass),
        _ => None,
    }
}

/// Whether `line` is "running 5 tests".
fn is_start(line: &str) -> bool {
    line.strip_prefix("running ")
        .and_then(|rest| rest.split_once(" test"))
        .is_some_and(|(count, _)| count.parse::<usize>().is_ok())
}

/// Reads "test result: ok. 5 passed; 0 failed; ...".
fn totals(line: &str) -> Option<(usize, usize)> {
    let counts = line.strip_prefix("test result: ")?;
    let count = |what: &str| {
        let part = counts.split(['.', ';']).find(|part| part.ends_with(what))?;
        part.trim().split(' ').next()?.parse().ok()
    };
    Some((count(" passed")?, count(" failed")?))
}

#[cfg(test)]
mod tests {
    use super::{Libtest, Verdict};

    fn read(text: &str) -> (Libtest, Vec<(String, Verdict)>) {
        let mut libtest = Libtest::default();
        let ended = text.lines().filter_map(|l| libtest.line(l)).collect();
        (libtest, ended)
    }

    #[test]
    fn verdicts() {
        let (mut libtest, ended) = read(
            "running 3 tests\n\
             test a ... ok\ntest b - should panic ... FAILED\ntest c ... ignored, slow\n\
             test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s\n",
        );
        let names: Vec<_> = ended.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(ended[1].1, Verdict::Fail);
        assert_eq!(ended[2].1, Verdict::Skip);
        assert_eq!(libtest.finish(101), Ok(()));
    }

    #[test]
    fn noise_before_the_verdict() {
        let (_, ended) = read("test a ... a child spoke\nok\n");
        assert_eq!(ended, [("a".to_owned(), Verdict::Pass)]);
        let (_, ended) = read("test a ... ok: opened\nok\n");
        assert_eq!(ended.len(), 1);
    }

    #[test]
    fn death_in_a_test() {
        let (mut libtest, ended) = read("test a ... ok\ntest b ...\n");
        assert_eq!(ended.len(), 1);
        let (test, why) = libtest.finish(137).unwrap_err();
        assert_eq!(test.as_deref(), Some("b"));
        assert_eq!(why, "killed by signal 9");
    }

    #[test]
    fn lost_verdict_is_noticed() {
        let (mut libtest, _) =
            read("test a ... ok\ntest result: ok. 2 passed; 0 failed; 0 ignored\n");
        assert!(libtest.finish(0).is_err());
    }

    #[test]
    fn failure_without_a_failed_test() {
        let (mut libtest, _) = read("test result: ok. 0 passed; 0 failed; 0 ignored\n");
        assert!(libtest.finish(1).is_err());
    }
}
